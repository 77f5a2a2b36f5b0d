// Schedules: rows, and the tick that fires them.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <thread>

#include "jobs/schedule_tick.hpp"
#include "jobs/schedules.hpp"
#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::TickResult;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Timestamp at(std::string_view text) {
  return parse_timestamp(text).value();
}

/// A database, users with schedules, and workers that tick. The clock stands at 2026-11-23T12:00:00Z, a
/// Monday.
struct Belfry : Desk {
  Schedule add(Schedule draft, std::string_view name = "ann") {
    return in_write(name, [&](storage::Connection& connection) {
      return jobs::create_schedule(connection, user(name), ids->make<ScheduleId>(), draft, clock->now());
    });
  }
  Schedule add(std::string cron, CatchUp catch_up = CatchUp::once, bool unique = false) {
    Schedule draft;
    draft.name = cron + " " + std::to_string(++made);
    draft.kind = "ring";
    draft.payload = Json{R"({"bell":1})"};
    draft.cron = std::move(cron);
    draft.catch_up = catch_up;
    draft.unique = unique;
    return add(draft);
  }

  /// What `work` gives of a schedule, as the user and committed.
  Schedule in_write(std::string_view name, FunctionRef<Result<Schedule>(storage::Connection&)> work) {
    Schedule answer;
    must(storage->write({user(name)}, [&](storage::Connection& connection) -> Result<void> {
      auto given = work(connection);
      if (!given) return fail(given.error());
      answer = std::move(*given);
      return {};
    }));
    return answer;
  }
  Schedule now_of(const Schedule& schedule, std::string_view name = "ann") {
    std::optional<Result<Schedule>> found;
    must(storage->read({user(name)}, [&](storage::Connection& connection) -> Result<void> {
      found = jobs::find_schedule(connection, user(name), schedule.id);
      return {};
    }));
    return must(std::move(*found));
  }
  void sql(const std::string& text) {
    must(storage->write({}, [&](storage::Connection& connection) { return connection.execute(text); }));
  }

  jobs::TickParts worker() {
    return {.storage = storage,
            .clock = clock,
            .ids = ids,
            .wakeup = wakeup,
            .logger = std::make_shared<Quiet>(),
            .worker = ids->make<WorkerId>()};
  }
  TickResult tick(const jobs::TickParts& parts) { return must(jobs::tick(parts, clock->now())); }
  TickResult tick() { return tick(leader); }
  std::int64_t rung() { return number("SELECT count(*) FROM jobs"); }

  int made = 0;
  jobs::TickParts leader = worker();
};

Result<Schedule> try_create(Belfry& belfry, const Schedule& draft) {
  Result<Schedule> made = fail({.message = "never"});
  static_cast<void>(
      belfry.storage->write({user("ann")}, [&](storage::Connection& connection) -> Result<void> {
        made = jobs::create_schedule(connection, user("ann"), belfry.ids->make<ScheduleId>(), draft,
                                     belfry.clock->now());
        if (!made) return fail(made.error());
        return {};
      }));
  return made;
}

BOOST_AUTO_TEST_SUITE(jobs_schedules)

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named) {
  Belfry belfry;
  const Schedule good{.name = "Nightly", .kind = "ring", .cron = "@daily"};
  const auto refused = [&](const Schedule& draft, std::string_view field) {
    const auto made = try_create(belfry, draft);
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().code == ErrorCode::invalid_argument));
    BOOST_TEST(made.error().message.find(std::string(field) + ":") == 0U, made.error().message);
  };
  auto bad = good;
  bad.name = "  ";
  refused(bad, "name");
  bad.name = std::string(201, 'x');
  refused(bad, "name");
  bad = good;
  bad.kind = "";
  refused(bad, "kind");
  bad = good;
  bad.payload = Json{"[1]"};
  refused(bad, "payload");
  bad.payload = Json{"{"};
  refused(bad, "payload");
  bad = good;
  bad.cron = "0 0 30 2 *";
  refused(bad, "cron");
  bad = good;
  bad.zone = "Europe/Atlantis";
  refused(bad, "zone");
  bad = good;
  bad.priority = INT64_MAX;
  refused(bad, "priority");
  BOOST_TEST(belfry.number("SELECT count(*) FROM schedules") == 0);
  belfry.add(good);
  const auto again = try_create(belfry, good);
  BOOST_REQUIRE(!again);
  BOOST_TEST((again.error().code == ErrorCode::already_exists));
  belfry.add(good, "bea");  // names are a user's own
}

BOOST_AUTO_TEST_CASE(a_schedule_is_kept_whole) {
  Belfry belfry;
  Schedule draft{.name = " Nightly   report ",
                 .kind = "report",
                 .payload = Json{R"({ "n" : 1 })"},
                 .cron = "30 2 * * MON-FRI",
                 .zone = "Europe/Berlin",
                 .catch_up = CatchUp::all,
                 .unique = true,
                 .priority = 7};
  const Schedule made = belfry.add(draft);
  BOOST_TEST(made.name == "Nightly report");
  BOOST_TEST(made.payload.text == R"({"n":1})");
  BOOST_TEST((made.next_at == at("2026-11-24T01:30:00Z")));
  BOOST_TEST(!made.last_at);
  BOOST_TEST(made.error.is_null());
  draft = made;
  draft.name = "Nightly report";
  BOOST_TEST((belfry.now_of(made) == draft));

  draft.cron = "0 3 * * *";
  const Schedule changed = belfry.in_write("ann", [&](storage::Connection& connection) {
    return jobs::update_schedule(connection, user("ann"), draft, belfry.clock->now());
  });
  BOOST_TEST(changed.version == 2);
  BOOST_TEST((changed.next_at == at("2026-11-24T02:00:00Z")));
  std::optional<Result<Schedule>> stale;
  static_cast<void>(
      belfry.storage->write({user("ann")}, [&](storage::Connection& connection) -> Result<void> {
        stale = jobs::update_schedule(connection, user("ann"), draft, belfry.clock->now());
        return {};
      }));
  BOOST_TEST((stale->error().code == ErrorCode::conflict));

  const Schedule paused = belfry.in_write("ann", [&](storage::Connection& connection) {
    return jobs::pause_schedule(connection, user("ann"), made.id, belfry.clock->now());
  });
  BOOST_TEST(paused.paused);
  BOOST_TEST(!paused.next_at);
  belfry.fake().advance(days(3));
  BOOST_TEST(!belfry.tick().next_at);
  const Schedule resumed = belfry.in_write("ann", [&](storage::Connection& connection) {
    return jobs::resume_schedule(connection, user("ann"), made.id, belfry.clock->now());
  });
  BOOST_TEST((resumed.next_at == at("2026-11-27T02:00:00Z")));
  BOOST_TEST((belfry.tick().next_at == resumed.next_at));
  BOOST_TEST(belfry.rung() == 0);  // what fell into the pause is gone
}

BOOST_AUTO_TEST_CASE(pages_by_name) {
  Belfry belfry;
  for (const char* name : {"delta", "alpha", "écho", "charlie", "bravo"})
    belfry.add({.name = name, .kind = "ring", .cron = "@daily"});
  belfry.add({.name = "aaa", .kind = "ring", .cron = "@daily"}, "bea");
  std::string seen;
  PageRequest page{.limit = 2};
  must(belfry.storage->read({user("ann")}, [&](storage::Connection& connection) -> Result<void> {
    while (true) {
      const auto found = must(jobs::list_schedules(connection, user("ann"), page));
      for (const Schedule& schedule : found.items) seen += schedule.name + " ";
      if (!found.next) return {};
      page.cursor = *found.next;
    }
  }));
  BOOST_TEST(seen == "alpha bravo charlie delta écho ");
  must(belfry.storage->read({user("ann")}, [&](storage::Connection& connection) -> Result<void> {
    for (const char* cursor : {"x", "schedules.%", "schedules./w==", "1.2"})
      BOOST_TEST(!jobs::list_schedules(connection, user("ann"), {.limit = 2, .cursor = cursor}));
    BOOST_TEST(!jobs::list_schedules(connection, user("ann"), {.limit = 0}));
    return {};
  }));
}

BOOST_AUTO_TEST_CASE(each_time_is_one_job) {
  Belfry belfry;
  const Schedule hourly = belfry.add("0 * * * *");
  BOOST_TEST((belfry.tick().next_at == at("2026-11-23T13:00:00Z")));
  BOOST_TEST(belfry.number("SELECT count(*) FROM leaders") == 0);  // nothing due: nothing written
  belfry.fake().advance(hours(1));
  const TickResult first = belfry.tick();
  BOOST_TEST(first.leads);
  BOOST_TEST(first.fired == 1);
  BOOST_TEST(first.jobs == 1);
  BOOST_TEST((first.next_at == at("2026-11-23T14:00:00Z")));
  BOOST_TEST(belfry.tick().fired == 0);
  const Schedule after = belfry.now_of(hourly);
  BOOST_TEST((after.last_at == at("2026-11-23T13:00:00Z")));
  BOOST_TEST((after.next_at == at("2026-11-23T14:00:00Z")));
  BOOST_TEST(after.version == hourly.version);
  const auto jobs = must(belfry.queue()->list({}, {})).items;
  BOOST_REQUIRE(jobs.size() == 1U);
  BOOST_TEST(jobs[0].kind == "ring");
  BOOST_TEST(jobs[0].payload.text == R"({"bell":1})");
  BOOST_TEST(jobs[0].unique_key.empty());
  for (int hour = 0; hour < 24; ++hour) {
    belfry.fake().advance(hours(1));
    belfry.tick();
  }
  BOOST_TEST(belfry.rung() == 25);
}

BOOST_AUTO_TEST_CASE(catching_up_is_by_policy) {
  Belfry belfry;
  const Schedule skip = belfry.add("0 * * * *", CatchUp::skip);
  const Schedule once = belfry.add("0 * * * *", CatchUp::once);
  const Schedule all = belfry.add("0 * * * *", CatchUp::all);
  auto jobs_since = [&, seen = std::int64_t{0}]() mutable {
    const std::int64_t more = belfry.rung() - seen;
    seen += more;
    return more;
  };
  belfry.fake().advance(hours(5) + minutes(30));  // 13:00 to 17:00 were missed
  TickResult result = belfry.tick();
  BOOST_TEST(jobs_since() == 1 + 5);
  BOOST_TEST(result.fired == 2);
  BOOST_TEST((result.next_at == at("2026-11-23T18:00:00Z")));
  BOOST_TEST(!belfry.now_of(skip).last_at);
  BOOST_TEST((belfry.now_of(once).last_at == at("2026-11-23T17:00:00Z")));
  BOOST_TEST((belfry.now_of(all).last_at == at("2026-11-23T17:00:00Z")));
  belfry.fake().advance(minutes(30) + seconds(40));  // late, but not missed
  belfry.tick();
  BOOST_TEST(jobs_since() == 3);
  BOOST_TEST((belfry.now_of(skip).last_at == at("2026-11-23T18:00:00Z")));
  belfry.fake().advance(hours(2) - seconds(10));  // 19:00 missed, 20:00 30 s late
  belfry.tick();
  BOOST_TEST(jobs_since() == 1 + 1 + 2);
}

BOOST_AUTO_TEST_CASE(no_more_than_a_thousand_are_made_up_for) {
  Belfry belfry;
  const Schedule all = belfry.add("* * * * * *", CatchUp::all);
  belfry.fake().advance(days(300));
  BOOST_TEST(belfry.tick().jobs == 1'000);
  const Schedule after = belfry.now_of(all);
  BOOST_TEST((after.last_at == belfry.clock->now()));  // the latest thousand
  BOOST_TEST((after.next_at == belfry.clock->now() + seconds(1)));
}

BOOST_AUTO_TEST_CASE(a_unique_run_is_not_doubled) {
  Belfry belfry;
  const Schedule unique = belfry.add("0 * * * *", CatchUp::all, true);
  const Schedule other = belfry.add("0 * * * *", CatchUp::all, true);
  belfry.fake().advance(hours(3));
  belfry.tick();
  BOOST_TEST(belfry.rung() == 2);
  BOOST_TEST(belfry.number("SELECT count(*) FROM jobs WHERE unique_key = 'schedule:" + unique.id.to_string() +
                           "'") == 1);
  belfry.fake().advance(hours(1));
  belfry.tick();
  BOOST_TEST(belfry.rung() == 2);  // still waiting
  for (const Job& job : must(belfry.queue()->list({}, {})).items) must(belfry.queue()->cancel(job.id));
  belfry.fake().advance(hours(1));
  belfry.tick();
  BOOST_TEST(belfry.rung() == 4);
}

BOOST_AUTO_TEST_CASE(a_schedule_in_error_is_paused_and_the_others_go_on) {
  Belfry belfry;
  const Schedule bad = belfry.add("0 * * * *");
  const Schedule good = belfry.add("0 * * * *");
  const Schedule worse = belfry.add("0 * * * *");
  belfry.sql("UPDATE schedules SET zone = 'Europe/Atlantis' WHERE name = '" + bad.name + "'");
  belfry.sql("UPDATE schedules SET payload = '[]' WHERE name = '" + worse.name + "'");
  belfry.fake().advance(hours(1));
  const TickResult result = belfry.tick();
  BOOST_TEST(result.fired == 1);
  BOOST_TEST(result.stopped == 2);
  BOOST_TEST((result.next_at == at("2026-11-23T14:00:00Z")));
  const Schedule stopped = belfry.now_of(bad);
  BOOST_TEST(stopped.paused);
  BOOST_TEST(!stopped.next_at);
  BOOST_TEST(stopped.error.text.find("\"invalid_argument\"") != std::string::npos);
  BOOST_TEST(stopped.error.text.find("zone") != std::string::npos);
  BOOST_TEST(belfry.now_of(worse).error.text.find("payload") != std::string::npos);
  BOOST_TEST(!belfry.now_of(good).paused);
  // It is mended and resumed.
  belfry.sql("UPDATE schedules SET zone = 'UTC' WHERE name = '" + bad.name + "'");
  const Schedule resumed = belfry.in_write("ann", [&](storage::Connection& connection) {
    return jobs::resume_schedule(connection, user("ann"), bad.id, belfry.clock->now());
  });
  BOOST_TEST(resumed.error.is_null());
  BOOST_TEST((resumed.next_at == at("2026-11-23T14:00:00Z")));
}

BOOST_AUTO_TEST_CASE(one_leads_until_its_lease_lapses) {
  Belfry belfry;
  belfry.add("* * * * * *");
  const jobs::TickParts second = belfry.worker();
  belfry.fake().advance(seconds(1));
  BOOST_TEST(belfry.tick().leads);
  belfry.fake().advance(seconds(1));
  const TickResult waiting = belfry.tick(second);
  BOOST_TEST(!waiting.leads);
  BOOST_TEST((waiting.next_at == belfry.clock->now() + seconds(14)));
  BOOST_TEST(belfry.tick().fired == 1);  // the leader goes on, and its lease with it
  belfry.fake().advance(seconds(14));
  BOOST_TEST(!belfry.tick(second).leads);
  belfry.fake().advance(seconds(1));  // it was killed: 15 s after its last tick another one follows
  BOOST_TEST(belfry.tick(second).leads);
  BOOST_TEST(!belfry.tick().leads);
  // One that ends in order is followed at once.
  must(jobs::resign(belfry.leader));  // does not lead: nothing
  belfry.fake().advance(seconds(1));
  BOOST_TEST(!belfry.tick().leads);
  must(jobs::resign(second));
  BOOST_TEST(belfry.number("SELECT count(*) FROM leaders") == 0);
  BOOST_TEST(belfry.tick().leads);
}

BOOST_AUTO_TEST_CASE(a_change_of_the_leader_loses_no_time) {
  Belfry belfry;
  const Schedule skip = belfry.add("30 0 12 * * *", CatchUp::skip);  // at 12:00:30
  const Schedule busy = belfry.add("* * * * * *", CatchUp::skip);
  belfry.fake().advance(seconds(29));
  belfry.tick();  // and is never seen again
  const jobs::TickParts second = belfry.worker();
  TickResult result;
  while (!result.leads) {
    belfry.fake().advance(seconds(1));
    result = belfry.tick(second);
  }
  BOOST_TEST((belfry.clock->now() == at("2026-11-23T12:00:44Z")));
  BOOST_TEST((belfry.now_of(skip).last_at == at("2026-11-23T12:00:30Z")));
  BOOST_TEST((belfry.now_of(busy).last_at == at("2026-11-23T12:00:44Z")));
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps) {
  Belfry belfry;
  const Schedule hourly = belfry.add("0 * * * *");
  belfry.fake().advance(hours(1));
  belfry.tick();
  // An hour back: what has fired does not fire again.
  belfry.fake().advance(-hours(1));
  BOOST_TEST(belfry.tick().fired == 0);
  belfry.fake().advance(hours(1) + minutes(59));
  BOOST_TEST(belfry.tick().fired == 0);
  belfry.fake().advance(minutes(1));
  BOOST_TEST(belfry.tick().fired == 1);  // 14:00
  BOOST_TEST(belfry.rung() == 2);
  // A year ahead by mistake, and right again: neither the schedule nor the lease is lost until then.
  belfry.fake().advance(days(365));
  BOOST_TEST(belfry.tick().fired == 1);
  belfry.fake().advance(-days(365));
  const jobs::TickParts second = belfry.worker();
  const TickResult set_right = belfry.tick(second);
  BOOST_TEST(set_right.leads);
  BOOST_TEST(set_right.fired == 0);
  BOOST_TEST((set_right.next_at == at("2026-11-23T15:00:00Z")));
  BOOST_TEST(!belfry.now_of(hourly).last_at);
  belfry.fake().advance(hours(1));
  BOOST_TEST(belfry.tick(second).fired == 1);
  BOOST_TEST(belfry.rung() == 4);
}

BOOST_AUTO_TEST_CASE(two_leaders_at_once_fire_each_time_once) {
  Belfry belfry;
  constexpr int schedules = 20;
  constexpr int rounds = 10;
  for (int i = 0; i < schedules; ++i) belfry.add("* * * * *");
  for (int round = 0; round < rounds; ++round) {
    belfry.fake().advance(minutes(1));
    std::latch begin(4);
    std::vector<std::thread> threads;
    std::atomic<std::int64_t> fired = 0;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        jobs::TickParts parts = belfry.worker();
        // No lease holds: each believes that it leads.
        parts.lease = std::chrono::milliseconds(0);
        begin.arrive_and_wait();
        for (int turn = 0; turn < 3; ++turn) {
          const auto result = jobs::tick(parts, belfry.clock->now());
          if (result) fired += result->fired;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(fired == schedules);
    BOOST_TEST(belfry.rung() == schedules * (round + 1));
  }
}

BOOST_AUTO_TEST_CASE(a_tick_serves_so_many_and_says_that_more_are_due) {
  Belfry belfry;
  for (int i = 0; i < 7; ++i) belfry.add("0 13 * * *");
  belfry.leader.limit = 3;
  belfry.fake().advance(hours(1));
  TickResult result = belfry.tick();
  BOOST_TEST(result.fired == 3);
  BOOST_TEST((result.next_at == belfry.clock->now()));
  BOOST_TEST(belfry.tick().fired == 3);
  result = belfry.tick();
  BOOST_TEST(result.fired == 1);
  BOOST_TEST((result.next_at == at("2026-11-24T13:00:00Z")));
}

BOOST_AUTO_TEST_CASE(what_changed_since_it_was_read_does_not_fire) {
  Belfry belfry;
  const Schedule hourly = belfry.add("0 * * * *");
  const jobs::ScheduleRow read{user("ann"), belfry.now_of(hourly)};
  belfry.in_write("ann", [&](storage::Connection& connection) {
    return jobs::pause_schedule(connection, user("ann"), hourly.id, belfry.clock->now());
  });
  bool moved = true;
  must(belfry.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    moved = must(jobs::advance_schedule(connection, read, at("2026-11-23T14:00:00Z"), std::nullopt));
    return {};
  }));
  BOOST_TEST(!moved);
  BOOST_TEST(belfry.now_of(hourly).paused);
}

BOOST_AUTO_TEST_CASE(a_preview) {
  const Timestamp now = at("2026-11-23T12:00:00Z");
  const auto times = must(jobs::preview_schedule({.cron = "@hourly", .count = 3}, now));
  BOOST_REQUIRE(times.size() == 3U);
  BOOST_TEST((times[2] == at("2026-11-23T15:00:00Z")));
  const auto later = must(jobs::preview_schedule(
      {.cron = "@daily", .zone = "Asia/Tokyo", .after = at("2030-01-01T00:00:00Z")}, now));
  BOOST_TEST(later.size() == 10U);
  BOOST_TEST((later[0] == at("2030-01-01T15:00:00Z")));
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{1'001}, std::int64_t{-1}})
    BOOST_TEST(!jobs::preview_schedule({.cron = "@hourly", .count = count}, now));
  BOOST_TEST(!jobs::preview_schedule({.cron = "@hourly", .after = Timestamp::max()}, now));
  BOOST_TEST(
      must(jobs::preview_schedule({.cron = "@daily", .after = at("9999-12-29T12:00:00Z")}, now)).size() ==
      2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
