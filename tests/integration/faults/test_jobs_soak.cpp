// Eight hours of a service, with a clock that runs faster: nothing grows.
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "core/id_generator.hpp"
#include "jobs/queue.hpp"
#include "jobs/rounds.hpp"
#include "jobs/runner.hpp"
#include "jobs/schedules.hpp"
#include "parts/database_reader.hpp"
#include "parts/job_worker.hpp"
#include "parts/temporary_folder.hpp"
#include "parts/test_database.hpp"

namespace omnicrm::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr auto hours_of_service = 8h;
constexpr int periods = 8;
constexpr int users = 50;

class FastClock final : public Clock {
 public:
  explicit FastClock(int speed) : speed_(speed) {}
  [[nodiscard]] Timestamp now() override {
    return start_ + std::chrono::duration_cast<std::chrono::microseconds>(passed());
  }
  [[nodiscard]] Steady::time_point steady_now() override { return begin_ + passed(); }

 private:
  [[nodiscard]] Steady::duration passed() const { return (Steady::now() - begin_) * speed_; }
  const int speed_;
  const Steady::time_point begin_ = Steady::now();
  const Timestamp start_ = system_clock()->now();
};

class Silent final : public observe::Logger {
 public:
  [[nodiscard]] bool wants(observe::Level) const noexcept override { return false; }
  void write(observe::Level, std::string_view, std::string_view) noexcept override {}
};

/// What may grow.
struct Size {
  std::int64_t memory_kib = 0;
  std::int64_t connections = 0;
  std::int64_t rows = 0;
  std::int64_t database_kib = 0;
  std::int64_t dead_rows = 0;  // that a vacuum could not remove
  std::string largest;         // tables
};

std::ostream& operator<<(std::ostream& out, const Size& size) {
  return out << size.memory_kib << " KiB of memory, " << size.connections << " connections, " << size.rows
             << " rows, " << size.database_kib << " KiB of database, " << size.dead_rows << " dead rows"
             << size.largest;
}

struct Service {
  TemporaryFolder folder;
  TestDatabases databases;
  std::string path = databases.make(folder.file("jobs.db"));
  // Eight hours in eight seconds, or in eight minutes.
  const int speed = 3'600 / soaked(1, 60);
  std::shared_ptr<FastClock> clock = std::make_shared<FastClock>(speed);
  std::shared_ptr<storage::Storage> storage = storage_at(path);
  std::shared_ptr<IdGenerator> ids = std::make_shared<IdGenerator>(clock, system_random());
  std::shared_ptr<jobs::Wakeup> wakeup = std::make_shared<jobs::Wakeup>();
  jobs::RunnerParts parts{storage, clock, ids, system_random(), std::make_shared<Silent>(), wakeup};
  // A lease of a second as the wall tells it.
  jobs::RunnerOptions options{.threads = 2,
                              .lease = milliseconds(1'000) * speed,
                              .heartbeat = milliseconds(200) * speed,
                              .poll = 20ms};
  std::mt19937_64 random{20261124};
  std::atomic<std::int64_t> ended = 0;
  std::atomic<std::int64_t> rung = 0;
  std::int64_t enqueued = 0;

  class Handler final : public jobs::Handler {
   public:
    Handler(std::atomic<std::int64_t>& ended, int trouble) : ended_(ended), trouble_(trouble) {}
    [[nodiscard]] jobs::KindOptions options() const override {
      return {.timeout = 8h, .backoff_base = 10s, .backoff_cap = 60s, .keep_done = 20min};
    }
    Result<jobs::Outcome> run(jobs::Context& context) override {
      context.progress(1, 2, "half");
      if (trouble_ == 1 && context.job().attempt == 1)
        return fail({ErrorCode::unavailable, "the first time it fails", {}, true, false});
      ++ended_;
      return jobs::Outcome::done(Json{R"({"ended":true})"});
    }

   private:
    std::atomic<std::int64_t>& ended_;
    const int trouble_;
  };

  std::unique_ptr<jobs::Runner> start() {
    auto runner = jobs::make_runner(parts, options);
    BOOST_REQUIRE(runner->register_handler("plain", std::make_shared<Handler>(ended, 0)).has_value());
    BOOST_REQUIRE(runner->register_handler("retried", std::make_shared<Handler>(ended, 1)).has_value());
    BOOST_REQUIRE(runner->register_handler("ring", std::make_shared<Handler>(rung, 0)).has_value());
    BOOST_REQUIRE(runner->start().has_value());
    return runner;
  }

  void add_schedule() {
    Schedule draft;
    draft.name = "every five minutes";
    draft.kind = "ring";
    draft.cron = "*/5 * * * *";
    draft.catch_up = CatchUp::all;
    const UserId user = user_id("user0").value();
    BOOST_REQUIRE(storage
                      ->write({user},
                              [&](storage::Connection& connection) -> Result<void> {
                                const auto made = jobs::create_schedule(
                                    connection, user, ids->make<ScheduleId>(), draft, clock->now());
                                return made ? Result<void>() : fail(made.error());
                              })
                      .has_value());
  }

  void enqueue_some() {
    std::vector<jobs::NewJob> wishes(20);
    for (std::size_t at = 0; at < wishes.size(); ++at) {
      wishes[at].kind = at % 10 == 9 ? "retried" : "plain";
      wishes[at].max_attempts = 20;
      if (at % 5 == 4) wishes[at].run_at = clock->now() + std::chrono::minutes(1 + random() % 10);
      if (at % 7 == 6) wishes[at].unique_key = std::to_string(++enqueued_keys_);
    }
    const auto user = user_id("user" + std::to_string(random() % users)).value();
    const auto made = jobs::make_jobs(storage, clock, ids, user, wakeup)->enqueue(wishes);
    BOOST_REQUIRE(made.has_value());
    enqueued += static_cast<std::int64_t>(made->size());
  }

  /// A worker that takes jobs and is never heard of again.
  void lose_a_worker() {
    jobs::Rounds rounds(parts, options);
    jobs::RoundOrder order;
    order.shares = {{R"(["plain"])", 5}};
    BOOST_REQUIRE(rounds.write(order).has_value());
  }

  /// Until all have ended, those of the lost workers, too, and retention has taken them away.
  void rest() const {
    const auto end = Steady::now() + 30s;
    const auto is_calm = [this] {
      return ended == enqueued && look_into(path)->number("SELECT count(*) FROM jobs") < 50;
    };
    while (!is_calm()) {
      BOOST_REQUIRE((Steady::now() < end));
      std::this_thread::sleep_for(20ms);
    }
  }

  void vacuum() const { look_into(path)->execute("VACUUM"); }

  [[nodiscard]] Size measure() const {
    Size size;
    std::ifstream pages("/proc/self/statm");
    std::int64_t all = 0;
    pages >> all >> size.memory_kib;
    size.memory_kib *= ::sysconf(_SC_PAGESIZE) / 1'024;
    const auto reader = look_into(path);
    for (const auto& [table, rows] : reader->row_counts()) {
      size.rows += rows;
      if (rows > 100) size.largest += ", " + table + " " + std::to_string(rows);
    }
    if (on_postgres()) {
      size.connections = reader->number(
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
          "pg_backend_pid()");
      size.database_kib = reader->number("SELECT pg_database_size(current_database()) / 1024");
      size.dead_rows = reader->number("SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables");
    } else {
      size.database_kib = reader->number(
          "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) / "
          "1024");
      for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        size.connections += entry.is_symlink() ? 1 : 0;
    }
    return size;
  }

 private:
  std::int64_t enqueued_keys_ = 0;
};

BOOST_FIXTURE_TEST_SUITE(jobs_soak, Service)

BOOST_AUTO_TEST_CASE(nothing_grows_in_eight_hours) {
  const auto runner = start();
  add_schedule();
  const auto period = std::chrono::duration_cast<Steady::duration>(hours_of_service) / speed / periods;
  Size first;
  Size last;
  for (int count = 0; count < periods; ++count) {
    const auto end = Steady::now() + period;
    lose_a_worker();
    while (Steady::now() < end) {
      enqueue_some();
      std::this_thread::sleep_for(10ms);
    }
    rest();
    vacuum();  // as autovacuum would have by then
    last = measure();
    if (count == 1) first = last;
    BOOST_TEST_MESSAGE("after " << count + 1 << " hours: " << last << "; " << ended << " jobs");
  }
  BOOST_TEST(runner->stop(1s).has_value());
  BOOST_TEST(ended == enqueued);
  BOOST_TEST(rung >= 8 * 12 - 2);
  BOOST_TEST(last.memory_kib < first.memory_kib + std::max<std::int64_t>(first.memory_kib / 10, 8'192));
  BOOST_TEST(last.connections <= first.connections + 1);
  BOOST_TEST(last.rows < first.rows + 200);
  BOOST_TEST(last.database_kib < first.database_kib + first.database_kib / 2 + 2'048);
  BOOST_TEST(last.dead_rows <= 500);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace omnicrm::testing
