// Jobs that take their worker with them.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "jobs/poison.hpp"
#include "jobs/rounds.hpp"
#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::seconds;

/// Claims the next job as a worker that is never heard of again.
void start_and_vanish(Desk& desk) {
  const jobs::RunnerParts parts{desk.storage, desk.clock, desk.ids, desk.random, std::make_shared<Quiet>(),
                                desk.wakeup};
  const jobs::RunnerOptions options;
  jobs::Rounds rounds(parts, options);
  jobs::RoundOrder order;
  order.recover = true;
  order.shares = {{R"(["work"])", 1}};
  order.restarts = 1;
  must(rounds.write(order));
  desk.fake().advance(seconds(20));
}

BOOST_AUTO_TEST_SUITE(jobs_poison)

BOOST_AUTO_TEST_CASE(what_ends_every_worker_is_dead_and_says_so) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 1});
  must(runner->register_handler("work", does_nothing()));
  auto poison = job("work");
  poison.max_attempts = 3;
  const JobId id = must(queue->enqueue({poison})).at(0);
  auto behind = job("work");
  behind.after_jobs = {id};
  const JobId waiting = must(queue->enqueue({behind})).at(0);
  for (int start = 0; start < 3; ++start) start_and_vanish(desk);
  must(runner->run_until_idle());
  const Job dead = must(queue->get(id));
  BOOST_TEST((dead.state == JobState::dead));
  BOOST_TEST(dead.error.text.find("at each of its 3 starts") != std::string::npos, dead.error.text);
  const auto details = boost::json::parse(dead.error.text).at("details");
  BOOST_TEST(details.at("lost") == 3);
  BOOST_TEST(details.at("starts") == 3);
  const auto evidence = must(queue->failures(id));
  BOOST_REQUIRE(evidence.size() == 3);
  for (const auto& one : evidence) BOOST_TEST(jobs::is_lost_start(one.error.text), one.error.text);
  BOOST_TEST((must(queue->get(waiting)).state == JobState::cancelled));
}

BOOST_AUTO_TEST_CASE(other_failures_are_told_apart) {
  BOOST_TEST(jobs::is_lost_start(jobs::error_json(jobs::lost_start("w@host"))));
  BOOST_TEST(!jobs::is_lost_start(R"({"code":"unavailable","message":"the worker ended"})"));
  BOOST_TEST(!jobs::is_lost_start("null"));
  BOOST_TEST(!jobs::is_lost_start("{"));
  const Error mixed = jobs::poisoned("w", 2, 5);
  BOOST_TEST(mixed.message.find("so did 2 of 5") != std::string::npos);
  BOOST_TEST(!mixed.retryable);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
