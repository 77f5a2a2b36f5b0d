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
    switch (pick(13)) {
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
      case 8:
        cancel_batch();
        break;
      case 9:
        must(queue_->pause("work"));
        break;
      case 10:
      case 11:
        must(queue_->resume("work"));
        break;
      default:
        with_job([&](JobId id) {
          if (queue_->remove(id)) std::erase(ids_, id);
        });
        break;
    }
  }

  void drain() {
    must(queue_->resume("work"));
    for (int i = 0; i < 400 && unfinished() > 0; ++i) {
      desk_.fake().advance(seconds(40));
      must(runner_->step(100));
    }
  }

  /// Each counts rows that must not be.
  void check() {
    if (on_postgres()) return check_counts();  // another shape of tables
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
             "SELECT count(*) FROM job_unique AS u WHERE until = 0 AND NOT EXISTS (SELECT 1 FROM jobs AS j "
             "WHERE j.id = u.job_id AND j.unique_key = u.unique_key AND j.finished_at IS NULL)",
             "SELECT count(*) FROM jobs AS j WHERE unique_key <> '' AND finished_at IS NULL AND NOT (attempt "
             "> 0 AND unique_scope = 'waiting') AND NOT EXISTS (SELECT 1 FROM job_unique AS u WHERE u.job_id "
             "= j.id)",
             "SELECT count(*) FROM jobs AS j WHERE (state = 'waiting') <> EXISTS (SELECT 1 FROM job_waits AS "
             "w WHERE w.job_id = j.id)",
             "SELECT count(*) FROM job_waits AS w WHERE NOT EXISTS (SELECT 1 FROM jobs AS j WHERE "
             "j.finished_at IS NULL AND (j.id = w.on_job OR j.batch_id = w.on_batch))",
             "SELECT count(*) FROM jobs WHERE is_parked = 1 AND (state <> 'ready' OR NOT EXISTS (SELECT 1 "
             "FROM job_pauses))",
             "SELECT count(*) FROM jobs WHERE state = 'dead' AND NOT EXISTS "
             "(SELECT 1 FROM job_failures AS f WHERE f.job_id = jobs.id AND f.attempt = jobs.attempt)",
         })
      BOOST_TEST(desk_.number(sql) == 0, sql);
    check_counts();
  }

  void check_counts() {
    BOOST_TEST(desk_.number("SELECT count(*) FROM jobs") == static_cast<std::int64_t>(ids_.size()));
  }

  /// By what the queue itself says.
  [[nodiscard]] std::int64_t unfinished() {
    std::int64_t count = 0;
    for (const auto& kind : must(queue_->stats()))
      count += kind.scheduled + kind.waiting + kind.ready + kind.running;
    return count;
  }

  Desk& desk() { return desk_; }

 private:
  unsigned pick(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }

  void enqueue() {
    auto made = job("work");
    made.priority = 100 + pick(3);
    made.max_attempts = 1 + pick(4);
    if (pick(3) == 0) made.run_at = desk_.clock->now() + seconds(pick(60));
    if (pick(3) == 0) {
      made.unique_key = "key" + std::to_string(pick(4));
      made.unique_scope = static_cast<jobs::UniqueScope>(pick(3));
      made.unique_conflict = static_cast<jobs::UniqueConflict>(pick(2));
      if (made.unique_scope == jobs::UniqueScope::period) made.unique_for_ms = 1 + pick(60'000);
    }
    if (pick(3) == 0) made.batch_id = batch_;
    if (pick(3) == 0) with_job([&](JobId id) { made.after_jobs.push_back(id); });
    if (pick(6) == 0) made.after_batch = made.batch_id ? other_batch_ : batch_;
    if (!made.batch_id && pick(5) == 0) made.batch_id = other_batch_;
    const auto ids = queue_->enqueue({made});
    if (!ids) {  // the two batches would wait for each other
      BOOST_REQUIRE(ids.error().code == ErrorCode::invalid_argument);
      return;
    }
    const auto id = ids->at(0);
    if (!queue_->get(id)) return;  // its key outlives it
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
  BatchId other_batch_ = desk_.ids->make<BatchId>();
};

BOOST_AUTO_TEST_SUITE(jobs_states)

BOOST_AUTO_TEST_CASE(any_order_of_operations_keeps_the_tables_in_step) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Life life(seed);
      for (int i = 0; i < 300; ++i) {
        life.step();
        if (i % 10 == 9) life.check();
      }
      life.drain();
      life.check();
      BOOST_TEST(life.unfinished() == 0);
      BOOST_TEST(life.desk().number("SELECT count(*) FROM job_unique WHERE until = 0") == 0);
      BOOST_TEST(life.desk().number("SELECT count(*) FROM job_waits") == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
