// Jobs that wait for other jobs, or for the end of a batch.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::hours;
using std::chrono::seconds;

Error broken() {
  return {ErrorCode::invalid_argument, "broken", {}, /*retryable=*/false, false};
}

/// A queue whose jobs note that they ran; kind "bad" fails for good.
struct Chain {
  Chain() {
    must(runner->register_handler("work", does([this](Context& context) -> Result<Outcome> {
                                    ran.push_back(context.job().id);
                                    return Outcome::done();
                                  })));
    must(runner->register_handler("bad", does([](Context&) -> Result<Outcome> { return fail(broken()); })));
  }

  JobId add(std::vector<JobId> after, std::string kind = "work", std::optional<BatchId> batch = {},
            std::optional<BatchId> after_batch = {}) {
    jobs::NewJob made = job(std::move(kind));
    made.after_jobs = std::move(after);
    made.batch_id = batch;
    made.after_batch = after_batch;
    return must(queue->enqueue({made})).at(0);
  }
  [[nodiscard]] JobState state(JobId id) const { return must(queue->get(id)).state; }
  [[nodiscard]] std::ptrdiff_t place(JobId id) const {
    return std::find(ran.begin(), ran.end(), id) - ran.begin();
  }
  void run() { must(runner->run_until_idle({}, std::chrono::milliseconds(0))); }

  Desk desk;
  std::unique_ptr<jobs::Jobs> queue = desk.queue();
  std::unique_ptr<jobs::Runner> runner = desk.runner({.threads = 1});
  std::vector<JobId> ran;
};

BOOST_AUTO_TEST_SUITE(jobs_dependencies)

BOOST_AUTO_TEST_CASE(a_job_starts_after_all_that_it_waits_for) {
  Chain chain;
  const JobId a = chain.add({});
  const JobId b = chain.add({});
  const JobId c = chain.add({a, b, a});
  const JobId d = chain.add({c});
  BOOST_TEST((chain.state(c) == JobState::waiting));
  const auto stats = must(chain.queue->stats());
  BOOST_TEST(stats.at(0).waiting == 2);
  BOOST_TEST(stats.at(0).ready == 2);
  must(chain.runner->step(1));
  BOOST_TEST((chain.state(c) == JobState::waiting));
  chain.run();
  BOOST_TEST(chain.ran.size() == 4);
  BOOST_TEST(chain.place(c) == 2);
  BOOST_TEST(chain.place(d) == 3);
  BOOST_TEST((chain.state(d) == JobState::done));
}

BOOST_AUTO_TEST_CASE(what_is_done_already_is_not_waited_for) {
  Chain chain;
  const JobId a = chain.add({});
  chain.run();
  BOOST_TEST((chain.state(chain.add({a})) == JobState::ready));
}

BOOST_AUTO_TEST_CASE(a_failed_dependency_cancels_everything_behind_it) {
  Chain chain;
  const JobId bad = chain.add({}, "bad");
  const JobId good = chain.add({});
  const JobId b = chain.add({bad, good});
  const JobId c = chain.add({b});
  const JobId d = chain.add({c});
  const JobId other = chain.add({good});
  chain.run();
  for (const JobId& id : {b, c, d}) {
    const Job job = must(chain.queue->get(id));
    BOOST_TEST((job.state == JobState::cancelled));
    BOOST_TEST(job.finished_at.has_value());
    BOOST_TEST(job.error.text.find("which it waited for") != std::string::npos);
  }
  BOOST_TEST(must(chain.queue->get(b)).error.text.find(bad.to_string()) != std::string::npos);
  BOOST_TEST((chain.state(other) == JobState::done));
  // Who comes too late hears the same at once.
  BOOST_TEST((chain.state(chain.add({bad})) == JobState::cancelled));
  BOOST_TEST((chain.state(chain.add({good, d})) == JobState::cancelled));
}

BOOST_AUTO_TEST_CASE(a_retry_of_a_failed_one_is_no_end) {
  Chain chain;
  int starts = 0;
  must(chain.runner->register_handler("flaky", does([&](Context&) -> Result<Outcome> {
                                        if (++starts < 3)
                                          return fail({ErrorCode::unavailable, "no", {}, true, false});
                                        return Outcome::done();
                                      })));
  const JobId flaky = chain.add({}, "flaky");
  const JobId after = chain.add({flaky});
  for (int i = 0; i < 3; ++i) {
    chain.run();
    if (i < 2) BOOST_TEST((chain.state(after) == JobState::waiting));
    chain.desk.fake().advance(hours(1));
  }
  chain.run();
  BOOST_TEST((chain.state(after) == JobState::done));
  BOOST_TEST(chain.ran.size() == 1);
}

BOOST_AUTO_TEST_CASE(cancelling_reaches_what_waits) {
  Chain chain;
  const JobId a = chain.add({});
  const JobId b = chain.add({a});
  const JobId c = chain.add({b});
  must(chain.queue->cancel(b));
  BOOST_TEST((chain.state(b) == JobState::cancelled));
  BOOST_TEST((chain.state(c) == JobState::cancelled));
  chain.run();
  BOOST_TEST(chain.ran.size() == 1);
  // Retried by hand, a job waits for nothing any more.
  BOOST_TEST((must(chain.queue->retry(c)).state == JobState::ready));
}

BOOST_AUTO_TEST_CASE(complete_in_lets_the_next_one_go) {
  Chain chain;
  must(chain.runner->register_handler("inside", does([&](Context& context) -> Result<Outcome> {
                                        auto written = chain.desk.storage->write(
                                            {.user = context.user()}, [&](storage::Connection& connection) {
                                              return context.complete_in(connection);
                                            });
                                        if (!written) return fail(written.error());
                                        return Outcome::done();
                                      })));
  const JobId first = chain.add({}, "inside");
  const JobId second = chain.add({first});
  chain.run();
  BOOST_TEST((chain.state(second) == JobState::done));
}

BOOST_AUTO_TEST_CASE(a_time_and_a_dependency_both_count) {
  Chain chain;
  const JobId a = chain.add({});
  jobs::NewJob later = job("work");
  later.after_jobs = {a};
  later.run_at = chain.desk.clock->now() + hours(1);
  const JobId b = must(chain.queue->enqueue({later})).at(0);
  chain.run();
  BOOST_TEST((chain.state(b) == JobState::scheduled));
  chain.desk.fake().advance(hours(2));
  chain.run();
  BOOST_TEST((chain.state(b) == JobState::done));
}

BOOST_AUTO_TEST_CASE(missing_and_foreign_jobs_are_not_found) {
  Chain chain;
  const JobId own = chain.add({});
  const JobId foreign = must(chain.desk.queue("bob")->enqueue({job("work")})).at(0);
  const auto unknown = chain.desk.ids->make<JobId>();
  for (const JobId& id : {foreign, unknown}) {
    jobs::NewJob made = job("work");
    made.after_jobs = {own, id};
    const auto refused = chain.queue->enqueue({job("work"), made});
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == ErrorCode::not_found));
    BOOST_TEST(refused.error().message.find("jobs[1].after_jobs[1]") != std::string::npos);
  }
  BOOST_TEST(must(chain.queue->list({}, {})).items.size() == 1);  // all or none
}

BOOST_AUTO_TEST_CASE(a_batch_is_waited_for_to_its_last_job_however_they_end) {
  Chain chain;
  const auto batch = chain.desk.ids->make<BatchId>();
  const JobId after = chain.add({}, "work", {}, batch);
  BOOST_TEST((chain.state(after) == JobState::ready));  // there is no such batch yet
  chain.run();
  chain.add({}, "bad", batch);
  chain.add({}, "work", batch);
  const JobId cancelled = chain.add({}, "work", batch);
  const JobId last = chain.add({}, "work", {}, batch);
  BOOST_TEST((chain.state(last) == JobState::waiting));
  must(chain.queue->cancel(cancelled));
  must(chain.runner->step(1));
  // What joins the batch before it has ended is waited for, too.
  const JobId joined = chain.add({}, "work", batch);
  BOOST_TEST((chain.state(last) == JobState::waiting));
  chain.run();
  BOOST_TEST((chain.state(last) == JobState::done));
  BOOST_TEST(chain.place(joined) < chain.place(last));
  BOOST_TEST((chain.state(chain.add({}, "work", {}, batch)) == JobState::ready));  // it has ended
}

BOOST_AUTO_TEST_CASE(a_cancelled_batch_has_ended) {
  Chain chain;
  const auto batch = chain.desk.ids->make<BatchId>();
  const JobId a = chain.add({}, "work", batch);
  chain.add({a}, "work", batch);
  const JobId behind = chain.add({a});
  const JobId last = chain.add({}, "work", {}, batch);
  must(chain.desk.storage->write({.user = user("ann")}, [&](storage::Connection& connection) -> Result<void> {
    BOOST_TEST(must(chain.queue->cancel_batch_in(connection, batch)) == 2);
    return {};
  }));
  BOOST_TEST((chain.state(behind) == JobState::cancelled));
  chain.run();
  BOOST_TEST((chain.state(last) == JobState::done));
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_the_batch_that_it_is_in) {
  Chain chain;
  const auto batch = chain.desk.ids->make<BatchId>();
  const auto other = chain.desk.ids->make<BatchId>();
  jobs::NewJob own = job("work");
  own.batch_id = own.after_batch = batch;
  const auto refused = chain.queue->enqueue({own});
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::invalid_argument));
  BOOST_TEST(refused.error().message.find("jobs[0].after_batch") != std::string::npos);
  // In a circle: x, of no batch, waits for `batch`; y of `other` waits for x; z of `batch` would wait for y.
  chain.add({}, "work", batch);
  const JobId x = chain.add({}, "work", {}, batch);
  const JobId y = chain.add({x}, "work", other);
  for (const bool by_batch : {false, true}) {
    jobs::NewJob z = job("work");
    z.batch_id = batch;
    if (by_batch) {
      z.after_batch = other;
    } else {
      z.after_jobs = {y};
    }
    const auto circle = chain.queue->enqueue({z});
    BOOST_REQUIRE(!circle);
    BOOST_TEST((circle.error().code == ErrorCode::invalid_argument));
  }
  chain.run();
  BOOST_TEST((chain.state(y) == JobState::done));
}

BOOST_AUTO_TEST_CASE(a_wide_graph_runs_in_order) {
  Chain chain;
  std::mt19937 random(11);
  std::map<JobId, std::vector<JobId>> graph;
  std::vector<JobId> ids;
  for (int i = 0; i < 300; ++i) {
    std::vector<JobId> after;
    for (int n = 0; n < 4 && !ids.empty(); ++n) {
      if (random() % 3 == 0) after.push_back(ids[random() % ids.size()]);
    }
    const JobId id = chain.add(after);
    graph[id] = after;
    ids.push_back(id);
    if (i % 40 == 39) must(chain.runner->step(10));
  }
  chain.run();
  BOOST_TEST(chain.ran.size() == 300);
  for (const auto& [id, after] : graph) {
    for (const JobId& before : after) BOOST_TEST(chain.place(before) < chain.place(id));
  }
  BOOST_TEST(chain.desk.number("SELECT count(*) FROM job_waits") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
