// Single workers in trouble: frozen, crashed by a job, asked to cancel, without space for what they did.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "core/id_generator.hpp"
#include "jobs/queue.hpp"
#include "parts/database_reader.hpp"
#include "parts/job_worker.hpp"
#include "parts/small_disk.hpp"
#include "parts/test_database.hpp"

namespace omnicrm::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One user's queue, of this process. No fork while it is open.
struct Counter {
  explicit Counter(const std::string& path)
      : storage(storage_at(path)),
        ids(std::make_shared<IdGenerator>(system_clock(), system_random())),
        queue(jobs::make_jobs(storage, system_clock(), ids, user_id("user1").value(), wakeup)) {}

  [[nodiscard]] JobId enqueue(const std::string& kind) const {
    jobs::NewJob job;
    job.kind = kind;
    const auto made = queue->enqueue({job});
    BOOST_REQUIRE(made.has_value());
    return made->at(0);
  }
  [[nodiscard]] Job get(JobId id) const {
    const auto job = queue->get(id);
    BOOST_REQUIRE(job.has_value());
    return *job;
  }

  std::shared_ptr<storage::Storage> storage;
  std::shared_ptr<IdGenerator> ids;
  std::shared_ptr<jobs::Wakeup> wakeup = std::make_shared<jobs::Wakeup>();
  std::unique_ptr<jobs::Jobs> queue;
};

struct WorkerFaults {
  TemporaryFolder folder;
  TestDatabases databases;
  std::string path = databases.make(folder.file("jobs.db"));

  [[nodiscard]] JobWork work() const {
    return {
        .path = path,
        .options = {
            .threads = 2, .lease = seconds(1), .heartbeat = milliseconds(200), .poll = milliseconds(100)}};
  }
  [[nodiscard]] std::int64_t effects(std::int64_t what) const {
    return look_into(path)->number("SELECT count(*) FROM " + effects_table(path) +
                                   " WHERE exact = " + std::to_string(what));
  }
  void wait_for(std::int64_t what, std::int64_t count, seconds most) const {
    const auto begin = Clock::now();
    while (effects(what) < count) {
      BOOST_REQUIRE((Clock::now() - begin < most));
      std::this_thread::sleep_for(milliseconds(10));
    }
  }
  static void wait_until_whole(const JobEffects& effects, int jobs, seconds most) {
    const auto begin = Clock::now();
    for (auto count = effects.count(); count.exact < jobs || count.least_jobs < jobs;
         count = effects.count()) {
      BOOST_REQUIRE((Clock::now() - begin < most));
      std::this_thread::sleep_for(milliseconds(50));
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(jobs_workers, WorkerFaults)

/// Longer than its lease, three times. What it held starts elsewhere; awake again it starts nothing of it,
/// and its ends are not written: at most the jobs that were in its handlers have a second effect.
BOOST_AUTO_TEST_CASE(a_frozen_worker_wakes_up) {
  constexpr int freezes = 3;
  const int jobs = soaked(1'000, 10'000);
  const JobEffects effects(path, jobs);
  JobWork slow = work();
  slow.work = milliseconds(8);
  Fleet fleet(folder, {slow, slow});
  for (int freeze = 0; freeze < freezes; ++freeze) {
    std::this_thread::sleep_for(milliseconds(300));
    fleet.send(0, SIGSTOP);
    std::this_thread::sleep_for(milliseconds(1'700));
    fleet.send(0, SIGCONT);
  }
  BOOST_TEST(effects.count().exact < jobs);  // else it was frozen for nothing
  wait_until_whole(effects, jobs, seconds(120));
  std::this_thread::sleep_for(seconds(1));
  BOOST_TEST(fleet.finish() == 0);
  const auto count = effects.count();
  BOOST_TEST_MESSAGE(jobs << " exact: " << count.exact << " effects; " << jobs << " at least once: "
                          << count.least << " effects, " << freezes << " freezes of 2 threads");
  BOOST_TEST(count.exact == jobs);
  BOOST_TEST(count.exact_twice == 0);
  BOOST_TEST(count.least_jobs == jobs);
  BOOST_TEST(count.least - count.least_jobs <= freezes * 2);
  BOOST_TEST(effects.unfinished() == 0);
}

BOOST_AUTO_TEST_CASE(a_job_that_crashes_every_worker_ends_dead_after_five_starts) {
  const int jobs = 50;
  const JobEffects effects(path, jobs);
  const JobId id = Counter(path).enqueue("crash");
  Fleet fleet(folder, std::vector<JobWork>(2, work()));
  int died = 0;
  const auto begin = Clock::now();
  while (died < 5) {
    BOOST_REQUIRE((Clock::now() - begin < seconds(60)));
    std::this_thread::sleep_for(milliseconds(20));
    died += fleet.revive();
  }
  std::this_thread::sleep_for(seconds(3));  // a sixth start would come by now
  BOOST_TEST(fleet.revive() == 0);
  wait_until_whole(effects, jobs, seconds(30));
  BOOST_TEST(fleet.finish() == 0);
  BOOST_TEST(this->effects(crash_effect) == 5);
  const Counter counter(path);
  const Job dead = counter.get(id);
  BOOST_TEST((dead.state == JobState::dead));
  BOOST_TEST(dead.attempt == 5);
  BOOST_TEST(dead.error.text.find("\"lost\":5") != std::string::npos, dead.error.text);
  const auto failures = counter.queue->failures(id);
  BOOST_REQUIRE(failures.has_value());
  BOOST_TEST(failures->size() == 5U);
  for (const auto& failure : *failures)
    BOOST_TEST(failure.error.text.find("ended while it held the job") != std::string::npos,
               failure.error.text);
  // Its neighbours are none the worse.
  BOOST_TEST(effects.count().exact == jobs);
  BOOST_TEST(effects.count().exact_twice == 0);
}

BOOST_AUTO_TEST_CASE(a_cancel_reaches_a_handler_of_another_process_within_a_second) {
  const JobEffects none(path, 0);
  // The default poll: what an application has that sets nothing.
  Fleet fleet(folder, {JobWork{.path = path, .options = {.threads = 2}}});
  double longest = 0;
  const int rounds = 5;
  {
    const Counter counter(path);
    for (int round = 0; round < rounds; ++round) {
      const JobId id = counter.enqueue("wait");
      wait_for(begin_effect, round + 1, seconds(10));
      const auto begin = Clock::now();
      BOOST_TEST(counter.queue->cancel(id).has_value());
      wait_for(stop_effect, round + 1, seconds(10));
      longest = std::max(longest, seconds_since(begin));
      while (counter.get(id).state == JobState::running) {
        BOOST_REQUIRE((Clock::now() - begin < seconds(10)));
        std::this_thread::sleep_for(milliseconds(10));
      }
      BOOST_TEST((counter.get(id).state == JobState::cancelled));
    }
  }
  BOOST_TEST_MESSAGE(rounds << " cancels, each in its handler within " << longest << " s");
  BOOST_TEST(longest < 1.0);
  BOOST_TEST(fleet.finish() == 0);
}

/// Something else takes all the space while jobs run, and gives it back.
BOOST_AUTO_TEST_CASE(a_disk_is_full_for_a_while, *boost::unit_test::label("sqlite")) {
  if (on_postgres()) return;
  const SmallDisk disk(folder.file("disk"), "24m");
  if (!disk.mounted()) {
    BOOST_TEST_MESSAGE("no file system may be mounted here: not tested");
    return;
  }
  const int jobs = soaked(1'000, 10'000);
  const JobEffects effects(folder.file("disk/jobs.db"), jobs);
  JobWork slow = work();
  slow.path = effects.path();
  slow.work = milliseconds(5);
  Fleet fleet(folder, {slow, slow});
  const std::string filler = folder.file("disk/filler");
  std::int64_t refused = 0;
  for (int time = 0; time < 2; ++time) {
    std::this_thread::sleep_for(milliseconds(400));
    {
      std::ofstream file(filler, std::ios::binary);
      const std::string block(65'536, 'x');
      while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
      }
      file.clear();
      for (int bytes = 0; bytes < 65'536 && file.put('x').flush(); ++bytes) {
      }
    }
    std::this_thread::sleep_for(milliseconds(500));
    const auto before = effects.count();
    std::this_thread::sleep_for(seconds(1));
    const auto after = effects.count();
    if (after.exact == before.exact && after.least == before.least) ++refused;
    std::filesystem::remove(filler);
    const auto begin = Clock::now();
    for (auto now = after; now.exact + now.least == after.exact + after.least; now = effects.count()) {
      BOOST_REQUIRE((Clock::now() - begin < seconds(10)));
      std::this_thread::sleep_for(milliseconds(20));
    }
    BOOST_TEST_MESSAGE("work resumed " << seconds_since(begin) << " s after there was space again");
  }
  BOOST_TEST(refused > 0);  // else the disk was not full
  wait_until_whole(effects, jobs, seconds(60));
  std::this_thread::sleep_for(seconds(1));
  BOOST_TEST(fleet.finish() == 0);
  const auto count = effects.count();
  BOOST_TEST_MESSAGE(jobs << " exact: " << count.exact << " effects; " << jobs
                          << " at least once: " << count.least << " effects");
  BOOST_TEST(count.exact == jobs);
  BOOST_TEST(count.exact_twice == 0);
  BOOST_TEST(count.least_jobs == jobs);
  BOOST_TEST(effects.unfinished() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace omnicrm::testing
