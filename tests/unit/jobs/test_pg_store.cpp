// The queue's shape on PostgreSQL: places, chunks, lines, leases. Nothing to test on SQLite.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "jobs/store.hpp"
#include "unit/jobs/desk.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;

namespace {

struct OnServer {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id /*unit*/) const {
    return on_postgres();
  }
};

/// A worker that does nothing but its rounds.
class Claimer {
 public:
  explicit Claimer(Desk& desk)
      : desk_(desk), self_{desk.ids->make<WorkerId>(), "claimer", desk.clock->now()} {}

  jobs::RoundResult round(std::vector<jobs::Ending> endings, std::size_t limit) {
    jobs::RoundOrder order;
    order.endings = endings;
    if (limit > 0) order.shares.push_back({.kinds = R"(["work"])", .limit = limit});
    jobs::RoundCall call;
    call.self = self_;
    call.self.heartbeat_at = desk_.clock->now();
    call.registered = std::exchange(registered_, true);
    call.reborn = {desk_.ids->make<WorkerId>(), "claimer", desk_.clock->now()};
    call.lease = desk_.ids->make<LeaseId>();
    call.now = desk_.clock->now();
    call.lease_time = std::chrono::seconds(15);
    jobs::RoundResult result;
    must(desk_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
      auto written = store().round(connection, call, order);
      if (!written) return fail(written.error());
      result = std::move(*written);
      return {};
    }));
    store().committed(call, order, result);
    if (result.lost) self_ = call.reborn;
    return result;
  }

  std::vector<jobs::JobRow> claim(std::size_t limit) { return round({}, limit).claim.jobs; }

  /// Claims until there is nothing more, each group ended in the next round.
  std::vector<JobId> drain(std::size_t limit) {
    std::vector<JobId> seen;
    std::vector<jobs::Ending> endings;
    while (true) {
      auto result = round(std::exchange(endings, {}), limit);
      for (auto& row : result.claim.jobs) {
        seen.push_back(row.job.id);
        endings.push_back({});
        endings.back().row = std::move(row);
      }
      if (endings.empty() && !result.claim.more) return seen;
    }
  }

  [[nodiscard]] WorkerId id() const { return self_.id; }
  jobs::JobStore& store() { return desk_.wakeup->store(desk_.storage->dialect()); }

 private:
  Desk& desk_;
  jobs::Worker self_;
  bool registered_ = false;
};

std::vector<jobs::Ending> done(std::vector<jobs::JobRow> rows) {
  std::vector<jobs::Ending> endings(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) endings[i].row = std::move(rows[i]);
  return endings;
}

std::vector<jobs::NewJob> many(std::size_t count) {
  return std::vector<jobs::NewJob>(count, job("work"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jobs_pg_store, *boost::unit_test::precondition(OnServer()))

BOOST_AUTO_TEST_CASE(a_job_is_in_one_place_at_a_time) {
  Desk desk;
  auto queue = desk.queue();
  auto later = job("work");
  later.run_at = desk.clock->now() + std::chrono::hours(1);
  const auto ready = must(queue->enqueue(many(10)));
  const JobId scheduled = must(queue->enqueue({later})).at(0);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_ready") == 4);  // 1, 2, 4, 3
  BOOST_TEST((must(queue->get(scheduled)).state == JobState::scheduled));
  for (const JobId& id : ready) BOOST_TEST((must(queue->get(id)).state == JobState::ready));

  Claimer claimer(desk);
  auto rows = claimer.claim(6);
  BOOST_TEST(rows.size() == 6);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'running'") == 6);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'ready'") == 4);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_ready") == 2);  // the rest of the third one, and the last
  BOOST_TEST(desk.number("SELECT sum(n) FROM job_ready") == 4);
  // Four of the six end: the lease names the other two.
  std::vector<jobs::JobRow> first(std::make_move_iterator(rows.begin()),
                                  std::make_move_iterator(rows.begin() + 4));
  BOOST_TEST(claimer.round(done(std::move(first)), 0).summary.done == 4);
  BOOST_TEST(desk.number("SELECT n FROM job_leases") == 2);
  BOOST_TEST(
      desk.number("SELECT count(*) FROM jobs WHERE state = 'done' AND attempt = 1 AND finished_at > 0") == 4);
  rows.erase(rows.begin(), rows.begin() + 4);
  BOOST_TEST(claimer.round(done(std::move(rows)), 0).summary.done == 2);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
  BOOST_TEST(claimer.drain(3).size() == 4);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done'") == 10);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_ready") == 0);
}

BOOST_AUTO_TEST_CASE(every_users_first_job_starts_before_a_flood) {
  Desk desk;
  must(desk.queue("flood")->enqueue(many(10'000)));
  for (int i = 0; i < 500; ++i) must(desk.queue("user" + std::to_string(i))->enqueue(many(25)));
  Claimer claimer(desk);
  std::set<UserId> users;
  for (int claimed = 0; claimed < 600; claimed += 50) {
    for (const auto& row : claimer.claim(50)) users.insert(row.user);
  }
  BOOST_TEST(users.size() == 501);
}

BOOST_AUTO_TEST_CASE(workers_never_share_a_job) {
  Desk desk(":memory:", system_clock());
  constexpr std::size_t count = 10'000;
  std::vector<std::jthread> threads;
  for (int user = 0; user < 4; ++user) {
    threads.emplace_back([&, user] {
      auto queue = desk.queue("user" + std::to_string(user));
      for (std::size_t i = 0; i < 10; ++i) must(queue->enqueue(many(count / 40)));
    });
  }
  std::mutex mutex;
  std::vector<JobId> all;
  threads.clear();
  for (int worker = 0; worker < 8; ++worker) {
    threads.emplace_back([&, worker] {
      Claimer claimer(desk);
      const auto mine = claimer.drain(worker % 2 == 0 ? 7 : 100);
      const std::lock_guard lock(mutex);
      all.insert(all.end(), mine.begin(), mine.end());
    });
  }
  threads.clear();
  BOOST_TEST(all.size() == count);
  BOOST_TEST(std::set<JobId>(all.begin(), all.end()).size() == count);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done'") ==
             static_cast<std::int64_t>(count));
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_of_a_chunk_is_dropped_by_the_claim) {
  Desk desk;
  auto queue = desk.queue();
  const auto ids = must(queue->enqueue(many(20)));
  BOOST_TEST((must(queue->cancel(ids.at(9))).state == JobState::cancelled));
  BOOST_TEST((must(queue->cancel(ids.at(10))).state == JobState::cancelled));
  BOOST_TEST((must(queue->retry(ids.at(10))).state == JobState::ready));
  Claimer claimer(desk);
  const auto seen = claimer.drain(6);
  BOOST_TEST(seen.size() == 19);
  BOOST_TEST((std::ranges::find(seen, ids.at(9)) == seen.end()));
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done'") == 19);
}

BOOST_AUTO_TEST_CASE(a_lost_lease_writes_nothing) {
  Desk desk;
  auto queue = desk.queue();
  must(queue->enqueue(many(3)));
  Claimer late(desk);
  auto rows = late.claim(3);
  must(desk.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    const WorkerId worker = late.id();
    return storage::run(connection, "DELETE FROM job_leases WHERE worker_id = ?", worker);
  }));
  BOOST_TEST(late.round(done(std::move(rows)), 0).summary.done == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_receipts") == 0);
}

BOOST_AUTO_TEST_CASE(a_round_whose_answer_was_lost_is_settled) {
  Desk desk;
  auto queue = desk.queue();
  must(queue->enqueue(many(4)));
  Claimer claimer(desk);
  auto rows = claimer.claim(2);
  // The commit happens, and nobody says so: neither of the endings nor of what was claimed.
  const auto endings = done(std::move(rows));
  jobs::RoundCall call;
  call.self = {claimer.id(), "claimer", desk.clock->now()};
  call.registered = true;
  call.lease = desk.ids->make<LeaseId>();
  call.now = desk.clock->now();
  jobs::RoundOrder order;
  order.endings = endings;
  order.shares.push_back({.kinds = R"(["work"])", .limit = 2});
  must(desk.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    auto written = claimer.store().round(connection, call, order);
    return written ? Result<void>() : Result<void>(fail(written.error()));
  }));
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'running'") == 2);
  BOOST_TEST(claimer.round(endings, 0).summary.done == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done'") == 2);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'ready' AND attempt = 0") == 2);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
  BOOST_TEST(claimer.drain(10).size() == 2);
}

BOOST_AUTO_TEST_CASE(an_open_transaction_does_not_slow_claims) {
  Desk desk(":memory:", system_clock());
  auto queue = desk.queue();
  must(queue->enqueue(many(20'000)));
  const auto entries_read = [&desk] {
    must(desk.storage->write({}, [](storage::Connection& connection) -> Result<void> {
      must(storage::query_one<std::string>(connection, "SELECT CAST(pg_stat_force_next_flush() AS TEXT)"));
      return {};
    }));
    return desk.number(
        "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE indexrelname = 'job_ready_line'");
  };
  Claimer claimer(desk);
  std::jthread reader([&](std::stop_token stop) {
    must(desk.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
      must(storage::query_one<std::int64_t>(connection, "SELECT count(*) FROM job_ready"));
      while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return {};
    }));
  });
  constexpr std::int64_t gone = 2'000;
  constexpr std::int64_t measured = 300;
  for (std::int64_t i = 0; i < gone; ++i) claimer.claim(1);
  const std::int64_t before = entries_read();
  for (std::int64_t i = 0; i < measured; ++i) claimer.claim(1);
  const std::int64_t read = entries_read() - before;
  BOOST_TEST_MESSAGE("index entries read by " << measured << " claims behind " << gone
                                              << " dead ones: " << read);
  // A claim that walked over what is dead would read all of it; a few a second do.
  BOOST_TEST(read > 0);
  BOOST_TEST(read < measured * gone / 10);
  BOOST_TEST(desk.number("SELECT sum(n) FROM job_leases") == gone + measured);
}

BOOST_AUTO_TEST_CASE(every_unique_constraint_of_users_rows_has_the_user) {
  Desk desk;
  BOOST_TEST(
      desk.number(
          "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
          "WHERE i.indisunique AND c.relnamespace = current_schema()::regnamespace "
          "AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'user_id') "
          "AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = "
          "'user_id' AND a.attnum = ANY (i.indkey))") == 0);
  // And row-level security is forced on each of these tables.
  BOOST_TEST(
      desk.number(
          "SELECT count(*) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND "
          "c.relkind IN ('r', 'p') AND NOT c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_attribute a "
          "WHERE a.attrelid = c.oid AND a.attname = 'user_id')") == 0);
}

BOOST_AUTO_TEST_CASE(ended_jobs_go_when_their_time_is_over) {
  Desk desk;
  auto queue = desk.queue();
  must(queue->enqueue(many(50)));
  Claimer claimer(desk);
  BOOST_TEST(claimer.drain(20).size() == 50);
  const auto left = must(queue->enqueue(many(5)));
  const auto retain = [&](std::chrono::hours ago) {
    std::int64_t removed = 0;
    must(desk.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
      const jobs::Retention order{"work", desk.clock->now() - ago, desk.clock->now() - ago};
      removed = must(claimer.store().retain(connection, std::span(&order, 1), 1'000));
      return {};
    }));
    return removed;
  };
  desk.fake().advance(std::chrono::hours(2));
  BOOST_TEST(retain(std::chrono::hours(3)) == 0);
  BOOST_TEST(retain(std::chrono::hours(1)) == 50);
  BOOST_TEST(retain(std::chrono::hours(1)) == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_receipts") == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'ready'") == std::ssize(left));
}

BOOST_AUTO_TEST_SUITE_END()
