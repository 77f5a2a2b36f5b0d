// Kinds that stand still, of one user or of all; limits that hold for all processes together; retention.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "jobs/jobs_admin.hpp"
#include "jobs/rounds.hpp"
#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two kinds and two users, and who ran.
struct Yard {
  explicit Yard(jobs::KindOptions options = {}) {
    for (const char* kind : {"mail", "other"}) {
      must(runner->register_handler(kind, does(
                                              [this](Context& context) -> Result<Outcome> {
                                                ran.push_back({context.user(), context.job().kind});
                                                return Outcome::done();
                                              },
                                              options)));
    }
  }
  void run() { must(runner->run_until_idle({}, milliseconds(0))); }
  [[nodiscard]] std::ptrdiff_t count(std::string_view name, std::string_view kind) const {
    return std::count(ran.begin(), ran.end(), std::pair(user(name), std::string(kind)));
  }
  void add(std::string_view name, std::string_view kind, std::size_t count = 1) {
    must(desk.queue(name)->enqueue(std::vector<jobs::NewJob>(count, job(std::string(kind)))));
  }
  [[nodiscard]] jobs::KindStats stats(std::string_view name, std::string_view kind) {
    for (const auto& one : must(desk.queue(name)->stats())) {
      if (one.kind == kind) return one;
    }
    return {};
  }

  Desk desk;
  std::unique_ptr<jobs::Runner> runner = desk.runner({.threads = 1});
  std::unique_ptr<jobs::JobsAdmin> admin = jobs::make_jobs_admin(desk.storage, desk.clock, desk.wakeup);
  std::vector<std::pair<UserId, std::string>> ran;
};

BOOST_AUTO_TEST_SUITE(jobs_pausing)

BOOST_AUTO_TEST_CASE(a_user_pauses_a_kind_for_itself) {
  Yard yard;
  yard.add("ann", "mail", 3);
  auto ann = yard.desk.queue("ann");
  must(ann->pause("mail"));
  must(ann->pause("mail"));
  yard.add("ann", "mail", 2);  // what comes meanwhile waits, too
  yard.add("ann", "other");
  yard.add("bob", "mail");
  yard.run();
  BOOST_TEST(yard.count("ann", "mail") == 0);
  BOOST_TEST(yard.count("ann", "other") == 1);
  BOOST_TEST(yard.count("bob", "mail") == 1);
  BOOST_TEST(yard.stats("ann", "mail").paused);
  BOOST_TEST(yard.stats("ann", "mail").ready == 5);
  BOOST_TEST(!yard.stats("bob", "mail").paused);
  must(ann->resume("mail"));
  must(ann->resume("mail"));
  yard.run();
  BOOST_TEST(yard.count("ann", "mail") == 5);
  BOOST_TEST(!yard.stats("ann", "mail").paused);
}

BOOST_AUTO_TEST_CASE(a_kind_is_paused_for_all) {
  Yard yard;
  yard.add("ann", "mail", 2);
  must(yard.admin->pause("mail"));
  yard.add("bob", "mail", 2);
  yard.add("bob", "other");
  yard.run();
  BOOST_TEST(yard.ran.size() == 1);
  BOOST_TEST(yard.stats("ann", "mail").paused);
  BOOST_TEST(yard.stats("bob", "mail").paused);
  // A user's resume does not end the pause of all.
  must(yard.desk.queue("ann")->resume("mail"));
  yard.run();
  BOOST_TEST(yard.ran.size() == 1);
  std::map<std::string, jobs::KindStats> all;
  for (auto& kind : must(yard.admin->stats())) all.emplace(kind.kind, kind);
  BOOST_TEST(all.at("mail").ready == 4);
  BOOST_TEST(all.at("mail").paused);
  BOOST_TEST(all.at("other").done == 1);
  BOOST_TEST(!all.at("other").paused);
  must(yard.admin->resume("mail"));
  yard.run();
  BOOST_TEST(yard.ran.size() == 5);
}

BOOST_AUTO_TEST_CASE(an_empty_kind_can_be_paused_and_is_told) {
  Yard yard;
  must(yard.desk.queue("ann")->pause("never"));
  BOOST_TEST(yard.stats("ann", "never").paused);
  for (const std::string& kind : {std::string(), std::string(101, 'x'), std::string("a\0b", 3)}) {
    BOOST_TEST(!yard.desk.queue("ann")->pause(kind));
    BOOST_TEST(!yard.admin->resume(kind));
  }
}

BOOST_AUTO_TEST_CASE(a_resumed_backlog_neither_jumps_the_line_nor_waits_for_it) {
  for (const bool for_all : {false, true}) {
    Yard yard;
    auto ann = yard.desk.queue("ann");
    yard.add("ann", "mail", 500);
    must(for_all ? yard.admin->pause("mail") : ann->pause("mail"));
    // The others go on for a long time.
    for (int round = 0; round < 20; ++round) {
      yard.add("bob", "other", 50);
      yard.run();
    }
    yard.add("bob", for_all ? "other" : "mail", 300);
    must(for_all ? yard.admin->resume("mail") : ann->resume("mail"));
    yard.ran.clear();
    must(yard.runner->step(200));
    const auto bob = yard.count("bob", for_all ? "other" : "mail");
    BOOST_TEST(bob >= 60, (for_all ? "all " : "one ") << bob);
    BOOST_TEST(bob <= 140, (for_all ? "all " : "one ") << bob);
  }
}

BOOST_AUTO_TEST_CASE(cancelling_and_retrying_what_is_paused) {
  Yard yard;
  auto ann = yard.desk.queue("ann");
  const auto ids = must(ann->enqueue({job("mail"), job("mail")}));
  must(ann->pause("mail"));
  yard.add("bob", "mail");
  yard.run();
  BOOST_TEST((must(ann->cancel(ids.at(0))).state == JobState::cancelled));
  BOOST_TEST((must(ann->retry(ids.at(0))).state == JobState::ready));
  must(ann->cancel(ids.at(1)));
  yard.run();
  BOOST_TEST(yard.count("ann", "mail") == 0);
  must(ann->resume("mail"));
  yard.run();
  BOOST_TEST(yard.count("ann", "mail") == 1);
}

/// Claims as a worker of its own would, and keeps what it got.
struct Claimer {
  explicit Claimer(Desk& a_desk) : desk(a_desk), rounds(parts, options) {}

  std::vector<jobs::JobRow> claim(const jobs::KindShare& share) {
    jobs::RoundOrder order;
    order.shares = {share};
    return must(rounds.write(order)).claim.jobs;
  }
  void end(const std::vector<jobs::JobRow>& rows) {
    std::vector<jobs::Ending> endings;
    for (const auto& row : rows) {
      endings.emplace_back();
      endings.back().row = row;
      endings.back().result = Json{"null"};
    }
    jobs::RoundOrder order;
    order.endings = endings;
    must(rounds.write(order));
  }

  Desk& desk;
  jobs::RunnerParts parts{desk.storage, desk.clock, desk.ids, desk.random, std::make_shared<Quiet>(),
                          desk.wakeup};
  jobs::RunnerOptions options;
  jobs::Rounds rounds;
};

BOOST_AUTO_TEST_CASE(a_global_limit_holds_for_all_workers_together) {
  Desk desk;
  must(desk.queue()->enqueue(std::vector<jobs::NewJob>(20, job("mail"))));
  Claimer one(desk);
  Claimer two(desk);
  jobs::KindShare share;
  share.kinds = R"(["mail"])";
  share.limit = 10;
  share.max_global = 3;
  auto first = one.claim(share);
  BOOST_TEST(first.size() == 3);
  BOOST_TEST(two.claim(share).empty());
  one.end({first.at(0), first.at(1)});
  BOOST_TEST(two.claim(share).size() == 2);
  BOOST_TEST(one.claim(share).empty());
  share.max_global = 4;
  BOOST_TEST(one.claim(share).size() == 1);
}

BOOST_AUTO_TEST_CASE(a_rate_holds_for_all_workers_together) {
  Desk desk;
  must(desk.queue()->enqueue(std::vector<jobs::NewJob>(40, job("mail"))));
  Claimer one(desk);
  Claimer two(desk);
  jobs::KindShare share;
  share.kinds = R"(["mail"])";
  share.limit = 4;
  share.rate_limit = 6;
  share.rate_period = seconds(10);
  std::size_t started = one.claim(share).size();
  started += two.claim(share).size();
  started += one.claim(share).size();
  BOOST_TEST(started == 6);
  desk.fake().advance(seconds(10));
  started = 0;
  for (int i = 0; i < 5; ++i) started += (i % 2 == 0 ? one : two).claim(share).size();
  BOOST_TEST(started >= 5);
  BOOST_TEST(started <= 6);
}

BOOST_AUTO_TEST_CASE(a_runner_obeys_its_kinds_rate) {
  jobs::KindOptions options;
  options.rate_limit = 5;
  options.rate_period = seconds(60);
  Yard yard(options);
  yard.add("ann", "mail", 12);
  yard.add("ann", "other", 2);
  std::size_t before = 0;
  for (const std::size_t expected : {7U, 12U, 14U}) {
    must(yard.runner->run_until_idle({}, milliseconds(0)));
    BOOST_TEST(yard.ran.size() <= expected);
    BOOST_TEST(yard.ran.size() > before);
    before = yard.ran.size();
    yard.desk.fake().advance(seconds(61));
  }
  BOOST_TEST(yard.ran.size() == 14);
}

BOOST_AUTO_TEST_CASE(ended_jobs_are_kept_as_long_as_is_asked) {
  Yard yard;
  must(yard.runner->register_handler("bad", does([](Context&) -> Result<Outcome> {
                                       return fail({ErrorCode::invalid_argument, "no", {}, false, false});
                                     })));
  auto ann = yard.desk.queue("ann");
  yard.add("ann", "mail", 30);
  yard.add("ann", "bad", 2);
  yard.add("bob", "other");
  yard.run();
  const JobId cancelled = must(ann->enqueue({job("mail")})).at(0);
  must(ann->cancel(cancelled));
  jobs::NewJob later = job("mail");
  later.run_at = yard.desk.clock->now() + days(300);
  const JobId pending = must(ann->enqueue({later})).at(0);
  BOOST_TEST(must(yard.admin->retain(hours(1), days(1))) == 0);
  yard.desk.fake().advance(hours(2));
  BOOST_TEST(must(yard.admin->retain(hours(1), days(1))) == 32);
  const auto left = must(ann->list({}, {})).items;
  BOOST_TEST(left.size() == 3);
  for (const Job& job : left) BOOST_TEST((job.state == JobState::dead || job.id == pending));
  BOOST_TEST(!ann->get(cancelled));
  yard.desk.fake().advance(days(2));
  BOOST_TEST(must(yard.admin->retain(hours(1), days(1))) == 2);
  BOOST_TEST(must(yard.admin->retain(hours(1), days(1))) == 0);
  BOOST_TEST(yard.desk.number("SELECT count(*) FROM job_failures") == 0);
  BOOST_TEST((must(ann->get(pending)).state == JobState::scheduled));
  BOOST_TEST(!yard.admin->retain(hours(-1), days(1)));
}

BOOST_AUTO_TEST_CASE(failures_are_told_and_ended_jobs_forgotten) {
  Yard yard;
  int starts = 0;
  must(yard.runner->register_handler(
      "flaky", does([&](Context&) -> Result<Outcome> {
        ++starts;
        return fail({ErrorCode::unavailable, "no. " + std::to_string(starts), {}, true, false});
      })));
  auto ann = yard.desk.queue("ann");
  jobs::NewJob flaky = job("flaky");
  flaky.max_attempts = 3;
  const JobId id = must(ann->enqueue({flaky})).at(0);
  BOOST_TEST(must(ann->failures(id)).empty());
  BOOST_TEST(!ann->remove(id));
  for (int i = 0; i < 3; ++i) {
    yard.run();
    yard.desk.fake().advance(hours(1));
  }
  const auto failures = must(ann->failures(id));
  BOOST_REQUIRE(failures.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(failures[i].attempt == static_cast<std::int64_t>(i) + 1);
    BOOST_TEST(failures[i].error.text.find("no. " + std::to_string(i + 1)) != std::string::npos);
    if (i > 0) BOOST_TEST((failures[i].at > failures[i - 1].at));
  }
  auto bob = yard.desk.queue("bob");
  BOOST_TEST((bob->failures(id).error().code == ErrorCode::not_found));
  BOOST_TEST((bob->remove(id).error().code == ErrorCode::not_found));
  must(ann->remove(id));
  BOOST_TEST((ann->get(id).error().code == ErrorCode::not_found));
  BOOST_TEST((ann->failures(id).error().code == ErrorCode::not_found));
  BOOST_TEST((ann->remove(id).error().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
