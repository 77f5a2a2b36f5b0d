// Whatever is done to the queue, its tables agree with each other.
#include <boost/test/unit_test.hpp>
#include <random>

#include "jobs/rounds.hpp"
#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::seconds;

/// Random operations on one queue, some of them by workers that never come back.
class Life {
 public:
  explicit Life(unsigned seed) : random_(seed), queue_(desk_.queue()), runner_(desk_.runner()) {
    jobs::KindOptions options;
    options.backoff_cap = seconds(30);
    must(runner_->register_handler("work",
                                   does([this](Context& context) { return outcome(context); }, options)));
  }

  void step() {
    switch (pick(9)) {
      case 0:
      case 1:
        enqueue();
        break;
      case 2:
        with_job([&](JobId id) { must(queue_->cancel(id)); });
        break;
      case 3:
        with_job([&](JobId id) { (void)queue_->retry(id); });
        break;
      case 4:
      case 5:
        must(runner_->step(1 + pick(4)));
        break;
      case 6:
        desk_.fake().advance(seconds(pick(20)));
        break;
      case 7:
        crash();
        break;
      default:
        cancel_batch();
        break;
    }
  }

  void drain() {
    for (int i = 0; i < 400 && desk_.number("SELECT count(*) FROM jobs WHERE finished_at IS NULL") > 0; ++i) {
      desk_.fake().advance(seconds(40));
      must(runner_->step(100));
    }
  }

  /// Each counts rows that must not be.
  void check() {
    for (const char* sql : {
             "SELECT count(*) FROM jobs WHERE (state = 'running') <> (lease_id IS NOT NULL)",
             "SELECT count(*) FROM jobs WHERE (state IN ('done', 'cancelled', 'dead')) <> (finished_at IS "
             "NOT NULL)",
             "SELECT count(*) FROM jobs WHERE attempt < 0 OR attempt > max_attempts",
             "SELECT count(*) FROM jobs WHERE state = 'running' AND attempt = 0",
             "SELECT count(*) FROM jobs WHERE state = 'done' AND attempt = 0",
             "SELECT count(*) FROM jobs WHERE state = 'running' AND lease_id NOT IN (SELECT id FROM "
             "job_leases)",
             "SELECT count(*) FROM job_leases WHERE worker_id NOT IN (SELECT id FROM workers)",
             "SELECT count(*) FROM job_leases WHERE id NOT IN (SELECT lease_id FROM jobs WHERE state = "
             "'running')",
             "SELECT count(*) FROM job_unique AS u WHERE NOT EXISTS (SELECT 1 FROM jobs AS j WHERE j.id = "
             "u.job_id "
             "AND j.unique_key = u.unique_key AND j.finished_at IS NULL)",
             "SELECT count(*) FROM jobs AS j WHERE unique_key <> '' AND finished_at IS NULL AND NOT EXISTS "
             "(SELECT 1 FROM job_unique AS u WHERE u.job_id = j.id)",
             "SELECT count(*) FROM jobs WHERE state = 'dead' AND NOT EXISTS "
             "(SELECT 1 FROM job_failures AS f WHERE f.job_id = jobs.id AND f.attempt = jobs.attempt)",
         })
      BOOST_TEST(desk_.number(sql) == 0, sql);
    BOOST_TEST(desk_.number("SELECT count(*) FROM jobs") == static_cast<std::int64_t>(ids_.size()));
  }

  Desk& desk() { return desk_; }

 private:
  unsigned pick(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }

  void enqueue() {
    auto made = job("work");
    made.priority = 100 + pick(3);
    made.max_attempts = 1 + pick(4);
    if (pick(3) == 0) made.run_at = desk_.clock->now() + seconds(pick(60));
    if (pick(3) == 0) made.unique_key = "key" + std::to_string(pick(4));
    if (pick(3) == 0) made.batch_id = batch_;
    const auto id = must(queue_->enqueue({made})).at(0);
    if (std::find(ids_.begin(), ids_.end(), id) == ids_.end()) ids_.push_back(id);
  }

  template <class Function>
  void with_job(Function function) {
    if (!ids_.empty()) function(ids_[pick(static_cast<unsigned>(ids_.size()))]);
  }

  void cancel_batch() {
    must(desk_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
      must(queue_->cancel_batch_in(connection, batch_));
      return {};
    }));
  }

  /// A worker that claims and is never heard of again.
  void crash() {
    const jobs::RunnerParts parts{
        desk_.storage, desk_.clock, desk_.ids, desk_.random, std::make_shared<Quiet>(), desk_.wakeup};
    const jobs::RunnerOptions options;
    jobs::Rounds rounds(parts, options);
    jobs::RoundOrder order;
    order.shares = {{"[\"work\"]", 1 + pick(3)}};
    order.restarts = 2;
    must(rounds.write(order));
  }

  Result<Outcome> outcome(Context& context) {
    switch (pick(6)) {
      case 0:
        return fail({ErrorCode::unavailable, "no answer", {}, true, false});
      case 1:
        return fail({ErrorCode::invalid_argument, "never", {}, false, false});
      case 2:
        return Outcome::snooze(seconds(pick(10)));
      case 3:
        throw std::runtime_error("thrown");
      case 4: {
        auto written = desk_.storage->write(
            {}, [&](storage::Connection& connection) { return context.complete_in(connection); });
        if (!written) return fail(written.error());
        return Outcome::done();
      }
      default:
        return Outcome::done();
    }
  }

  std::mt19937 random_;
  Desk desk_;
  std::unique_ptr<jobs::Jobs> queue_;
  std::unique_ptr<jobs::Runner> runner_;
  std::vector<JobId> ids_;
  BatchId batch_ = desk_.ids->make<BatchId>();
};

BOOST_AUTO_TEST_SUITE(jobs_states)

BOOST_AUTO_TEST_CASE(any_order_of_operations_keeps_the_tables_in_step) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Life life(seed);
      for (int i = 0; i < 300; ++i) {
        life.step();
        if (i % 10 == 9) life.check();
      }
      life.drain();
      life.check();
      BOOST_TEST(life.desk().number("SELECT count(*) FROM jobs WHERE finished_at IS NULL") == 0);
      BOOST_TEST(life.desk().number("SELECT count(*) FROM job_unique") == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
