// A job's way: run, retried, snoozed, cancelled, timed out, given back.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Error trouble(bool retryable) {
  return {ErrorCode::unavailable, "no answer", "{\"status\":503}", retryable, false};
}

BOOST_AUTO_TEST_SUITE(jobs_runner)

BOOST_AUTO_TEST_CASE(runs_what_was_enqueued_and_keeps_the_result) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("add", does([](Context& context) -> Result<Outcome> {
                                  BOOST_TEST(context.job().payload.text == "{\"a\":1}");
                                  BOOST_TEST((context.user() == user("ann")));
                                  BOOST_TEST((context.job().state == JobState::running));
                                  return Outcome::done(Json{"{\"sum\":2}"});
                                })));
  const auto ids = must(queue->enqueue({job("add", "{\"a\":1}")}));
  const auto summary = must(runner->run_until_idle());
  BOOST_TEST(summary.started == 1);
  BOOST_TEST(summary.done == 1);
  const Job done = must(queue->get(ids.at(0)));
  BOOST_TEST((done.state == JobState::done));
  BOOST_TEST(done.result.text == "{\"sum\":2}");
  BOOST_TEST(done.attempt == 1);
  BOOST_TEST(done.finished_at.has_value());
  BOOST_TEST(!done.lease_id.has_value());
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM workers") == 0);
}

BOOST_AUTO_TEST_CASE(a_kind_without_handler_stays_and_does_not_hold_the_run) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("known", does_nothing()));
  BOOST_TEST((runner->register_handler("known", does_nothing()).error().code == ErrorCode::already_exists));
  const auto ids = must(queue->enqueue({job("unknown"), job("known")}));
  BOOST_TEST(must(runner->run_until_idle()).done == 1);
  BOOST_TEST((must(queue->get(ids.at(0))).state == JobState::ready));
  BOOST_TEST((must(queue->get(ids.at(1))).state == JobState::done));
}

BOOST_AUTO_TEST_CASE(smaller_priority_first_then_in_order) {
  Desk desk;
  auto queue = desk.queue();
  std::vector<std::string> order;
  auto runner = desk.runner({.threads = 1});
  must(runner->register_handler("say", does([&](Context& context) -> Result<Outcome> {
                                  order.push_back(context.job().payload.text);
                                  return Outcome::done();
                                })));
  auto urgent = job("say", "{\"n\":3}");
  urgent.priority = 1;
  must(queue->enqueue({job("say", "{\"n\":1}"), job("say", "{\"n\":2}"), urgent}));
  must(runner->run_until_idle());
  const std::vector<std::string> expected{"{\"n\":3}", "{\"n\":1}", "{\"n\":2}"};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(five_attempts_are_five_starts_then_dead_with_evidence) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  std::atomic<int> starts = 0;
  must(runner->register_handler("fails", does([&](Context&) -> Result<Outcome> {
                                  ++starts;
                                  return fail(trouble(true));
                                })));
  const auto id = must(queue->enqueue({job("fails")})).at(0);
  jobs::RunSummary sum;
  for (int round = 0; round < 8; ++round) {
    const auto part = must(runner->run_until_idle({}, milliseconds(0)));
    sum.failed += part.failed;
    sum.dead += part.dead;
    desk.fake().advance(hours(1));
  }
  BOOST_TEST(starts == 5);
  BOOST_TEST(sum.failed == 5);
  BOOST_TEST(sum.dead == 1);
  const Job dead = must(queue->get(id));
  BOOST_TEST((dead.state == JobState::dead));
  BOOST_TEST(dead.attempt == 5);
  BOOST_TEST(dead.error.text.find("no answer") != std::string::npos);
  BOOST_TEST(dead.error.text.find("503") != std::string::npos);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_failures") == 5);

  const Job again = must(queue->retry(id));
  BOOST_TEST((again.state == JobState::ready));
  BOOST_TEST(again.attempt == 0);
  must(runner->run_until_idle({}, milliseconds(0)));
  BOOST_TEST(starts == 6);
}

BOOST_AUTO_TEST_CASE(an_error_that_is_not_retryable_ends_dead_at_once) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("fails",
                                does([](Context&) -> Result<Outcome> { return fail(trouble(false)); })));
  const auto id = must(queue->enqueue({job("fails")})).at(0);
  BOOST_TEST(must(runner->run_until_idle()).dead == 1);
  BOOST_TEST((must(queue->get(id)).state == JobState::dead));
  BOOST_TEST(must(queue->get(id)).attempt == 1);
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_is_a_retryable_failure) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("throws",
                                does([](Context&) -> Result<Outcome> { throw std::runtime_error("oops"); })));
  must(runner->register_handler("throws_int", does([](Context&) -> Result<Outcome> { throw 7; })));
  const auto ids = must(queue->enqueue({job("throws"), job("throws_int")}));
  BOOST_TEST(must(runner->run_until_idle({}, milliseconds(0))).failed == 2);
  const Job failed = must(queue->get(ids.at(0)));
  BOOST_TEST((failed.state == JobState::scheduled));
  BOOST_TEST(failed.error.text.find("oops") != std::string::npos);
  BOOST_TEST(failed.error.text.find("internal") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_result_that_is_not_json_is_a_failure) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("bad",
                                does([](Context&) -> Result<Outcome> { return Outcome::done(Json{"{"}); })));
  const auto id = must(queue->enqueue({job("bad")})).at(0);
  BOOST_TEST(must(runner->run_until_idle()).dead == 1);
  BOOST_TEST(must(queue->get(id)).result.text == "null");
}

BOOST_AUTO_TEST_CASE(a_snooze_costs_no_attempt) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  int runs = 0;
  must(runner->register_handler("waits", does([&](Context&) -> Result<Outcome> {
                                  return ++runs <= 7 ? Outcome::snooze(minutes(1)) : Outcome::done();
                                })));
  const auto id = must(queue->enqueue({job("waits")})).at(0);
  for (int round = 0; round < 10; ++round) {
    must(runner->run_until_idle());
    if (round < 7) {
      const Job snoozed = must(queue->get(id));
      BOOST_TEST((snoozed.state == JobState::scheduled));
      BOOST_TEST(snoozed.attempt == 0);
      BOOST_TEST((snoozed.run_at == desk.clock->now() + minutes(1)));
    }
    desk.fake().advance(minutes(1));
  }
  BOOST_TEST(runs == 8);
  BOOST_TEST((must(queue->get(id)).state == JobState::done));
  BOOST_TEST(must(queue->get(id)).attempt == 1);
}

BOOST_AUTO_TEST_CASE(a_snooze_for_ever_lasts_a_year) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  int runs = 0;
  must(runner->register_handler("waits", does([&](Context&) -> Result<Outcome> {
                                  ++runs;
                                  return Outcome::snooze(milliseconds::max());
                                })));
  const auto id = must(queue->enqueue({job("waits")})).at(0);
  must(runner->run_until_idle());
  BOOST_TEST(runs == 1);
  BOOST_TEST((must(queue->get(id)).run_at == desk.clock->now() + std::chrono::days(365)));
}

BOOST_AUTO_TEST_CASE(until_idle_waits_for_what_is_due_within_the_horizon) {
  Desk desk(":memory:", system_clock());
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("later", does_nothing()));
  auto soon = job("later");
  soon.run_at = desk.clock->now() + milliseconds(60);
  auto late = job("later");
  late.run_at = desk.clock->now() + hours(1);
  const auto ids = must(queue->enqueue({soon, late}));
  BOOST_TEST(must(runner->run_until_idle({}, seconds(5))).done == 1);
  BOOST_TEST((must(queue->get(ids.at(0))).state == JobState::done));
  BOOST_TEST((must(queue->get(ids.at(1))).state == JobState::scheduled));
  BOOST_TEST((*must(queue->get(ids.at(0))).started_at >= *soon.run_at));
}

BOOST_AUTO_TEST_CASE(a_timeout_stops_the_handler_and_counts_as_failed) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  jobs::KindOptions options;
  options.timeout = seconds(10);
  options.backoff_base = minutes(1);
  std::atomic<bool> stopped = false;
  must(runner->register_handler("slow", does(
                                            [&](Context& context) -> Result<Outcome> {
                                              desk.fake().advance(seconds(11));
                                              while (!context.stop().stop_requested())
                                                std::this_thread::yield();
                                              stopped = true;
                                              return Outcome::done();
                                            },
                                            options)));
  const auto id = must(queue->enqueue({job("slow")})).at(0);
  const auto summary = must(runner->run_until_idle({}, milliseconds(0)));
  BOOST_TEST(stopped);
  BOOST_TEST(summary.failed == 1);
  const Job failed = must(queue->get(id));
  BOOST_TEST((failed.state == JobState::scheduled));
  BOOST_TEST(failed.error.text.find("deadline_exceeded") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_handler_that_does_not_stop_is_given_up_and_its_job_goes_on) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 2, .lease = seconds(15)});
  jobs::KindOptions options;
  options.timeout = seconds(10);
  options.backoff_base = milliseconds(0);
  std::atomic<int> runs = 0;
  std::atomic<bool> second = false;
  must(runner->register_handler("hangs", does(
                                             [&](Context&) -> Result<Outcome> {
                                               if (++runs == 2) {
                                                 second = true;
                                                 return Outcome::done();
                                               }
                                               desk.fake().advance(seconds(26));  // past deadline and lease
                                               while (!second) std::this_thread::yield();
                                               return Outcome::done(Json{"\"too late\""});
                                             },
                                             options)));
  const auto id = must(queue->enqueue({job("hangs")})).at(0);
  must(runner->run_until_idle());
  BOOST_TEST(runs == 2);
  const Job done = must(queue->get(id));
  BOOST_TEST((done.state == JobState::done));
  BOOST_TEST(done.attempt == 2);
  BOOST_TEST(done.result.text == "null");
}

BOOST_AUTO_TEST_CASE(stop_lets_running_jobs_end_and_gives_the_others_back) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 1});
  std::atomic<bool> entered = false;
  std::atomic<bool> go = false;
  must(runner->register_handler("block", does([&](Context&) -> Result<Outcome> {
                                  entered = true;
                                  while (!go) std::this_thread::yield();
                                  return Outcome::done();
                                })));
  const auto ids = must(queue->enqueue({job("block"), job("block"), job("block")}));
  must(runner->start());
  BOOST_TEST((runner->start().error().code == ErrorCode::failed_precondition));
  while (!entered) std::this_thread::yield();
  std::thread releaser([&] {
    std::this_thread::sleep_for(milliseconds(20));
    go = true;
  });
  const auto summary = must(runner->stop(hours(1)));
  releaser.join();
  BOOST_TEST(summary.done >= 1);
  BOOST_TEST((must(queue->get(ids.at(0))).state == JobState::done));
  const Job last = must(queue->get(ids.at(2)));
  BOOST_TEST((last.state == JobState::ready));
  BOOST_TEST(last.attempt == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM workers") == 0);
  BOOST_TEST(must(runner->stop()).started == 0);
}

BOOST_AUTO_TEST_CASE(stop_past_its_grace_requests_stop_and_costs_no_attempt) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  std::atomic<bool> entered = false;
  must(runner->register_handler("block", does([&](Context& context) -> Result<Outcome> {
                                  entered = true;
                                  while (!context.stop().stop_requested()) std::this_thread::yield();
                                  return fail({ErrorCode::cancelled, "stopped", {}, false, false});
                                })));
  const auto id = must(queue->enqueue({job("block")})).at(0);
  must(runner->start());
  while (!entered) std::this_thread::yield();
  BOOST_TEST(must(runner->stop(milliseconds(0))).given_back == 1);
  BOOST_TEST((must(queue->get(id)).state == JobState::ready));
  BOOST_TEST(must(queue->get(id)).attempt == 0);
}

BOOST_AUTO_TEST_CASE(a_stop_token_ends_a_run_until_idle) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 2});
  std::stop_source stop;
  must(runner->register_handler("block", does([&](Context& context) -> Result<Outcome> {
                                  stop.request_stop();
                                  while (!context.stop().stop_requested()) std::this_thread::yield();
                                  return fail({ErrorCode::cancelled, "stopped", {}, false, false});
                                })));
  must(queue->enqueue(std::vector<jobs::NewJob>(50, job("block"))));
  const auto summary = must(runner->run_until_idle(stop.get_token()));
  BOOST_TEST(summary.done == 0);
  BOOST_TEST(summary.given_back >= 1);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'ready' AND attempt = 0") == 50);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
}

BOOST_AUTO_TEST_CASE(at_most_so_many_of_a_capped_kind_run_at_once) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 4});
  jobs::KindOptions options;
  options.max_concurrent = 2;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> others = 0;
  must(runner->register_handler("capped", does(
                                              [&](Context&) -> Result<Outcome> {
                                                const int now = ++running;
                                                int seen = most;
                                                while (seen < now && !most.compare_exchange_weak(seen, now)) {
                                                }
                                                for (int i = 0; i < 200; ++i) std::this_thread::yield();
                                                --running;
                                                return Outcome::done();
                                              },
                                              options)));
  must(runner->register_handler("free", does([&](Context&) -> Result<Outcome> {
                                  ++others;
                                  return Outcome::done();
                                })));
  std::vector<jobs::NewJob> jobs(60, job("capped"));
  jobs.insert(jobs.end(), 20, job("free"));
  must(queue->enqueue(jobs));
  BOOST_TEST(must(runner->run_until_idle()).done == 80);
  BOOST_TEST(most <= 2);
  BOOST_TEST(others == 20);
}

BOOST_AUTO_TEST_CASE(progress_is_written_while_it_runs_and_at_the_end) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  std::atomic<bool> seen = false;
  JobId id;
  must(runner->register_handler("counts", does([&](Context& context) -> Result<Outcome> {
                                  context.progress(1, 10, "one");
                                  while (must(queue->get(id)).progress_done != 1) std::this_thread::yield();
                                  seen = true;
                                  context.progress(10, 10, "ten");
                                  return Outcome::done();
                                })));
  id = must(queue->enqueue({job("counts")})).at(0);
  must(runner->run_until_idle());
  BOOST_TEST(seen);
  const Job done = must(queue->get(id));
  BOOST_TEST(done.progress_done == 10);
  BOOST_TEST(done.progress_total == 10);
  BOOST_TEST(done.progress_note == "ten");
}

BOOST_AUTO_TEST_CASE(a_service_runs_what_arrives_and_what_handlers_enqueue) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  std::atomic<int> leaves = 0;
  must(runner->register_handler("tree", does([&](Context& context) -> Result<Outcome> {
                                  Result<void> written;
                                  written = desk.storage->write(
                                      {context.user()}, [&](storage::Connection& connection) -> Result<void> {
                                        auto made = context.enqueue(connection, {job("leaf"), job("leaf")});
                                        if (!made) return fail(made.error());
                                        return context.complete_in(connection);
                                      });
                                  if (!written) return fail(written.error());
                                  return Outcome::done();
                                })));
  must(runner->register_handler("leaf", does([&](Context&) -> Result<Outcome> {
                                  ++leaves;
                                  return Outcome::done();
                                })));
  must(runner->start());
  must(queue->enqueue({job("tree"), job("tree"), job("tree")}));
  while (leaves < 6) std::this_thread::yield();
  const auto summary = must(runner->stop());
  BOOST_TEST(summary.done == 9);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done'") == 9);
}

BOOST_AUTO_TEST_CASE(step_runs_on_the_callers_thread) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  const auto here = std::this_thread::get_id();
  must(runner->register_handler("here", does([&](Context&) -> Result<Outcome> {
                                  BOOST_TEST((std::this_thread::get_id() == here));
                                  return Outcome::done();
                                })));
  must(queue->enqueue(std::vector<jobs::NewJob>(5, job("here"))));
  BOOST_TEST(must(runner->step()).done == 1);
  BOOST_TEST(must(runner->step(3)).done == 3);
  BOOST_TEST(must(runner->step(3)).done == 1);
  BOOST_TEST(must(runner->step(3)).started == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM workers") == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
}

BOOST_AUTO_TEST_CASE(step_gives_the_rest_back_when_it_is_stopped) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  std::stop_source stop;
  must(runner->register_handler("one", does([&](Context&) -> Result<Outcome> {
                                  stop.request_stop();
                                  return Outcome::done();
                                })));
  must(queue->enqueue(std::vector<jobs::NewJob>(5, job("one"))));
  const auto summary = must(runner->step(5, stop.get_token()));
  BOOST_TEST(summary.done == 1);
  BOOST_TEST(summary.given_back == 4);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'ready' AND attempt = 0") == 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
