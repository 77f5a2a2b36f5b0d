// Workers that die at any moment: every effect is there, exactly once where it is one with the job's end.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "parts/database_reader.hpp"
#include "parts/job_worker.hpp"
#include "parts/test_database.hpp"

namespace omnicrm::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t workers = 4;

struct JobFaults {
  TemporaryFolder folder;
  TestDatabases databases;
  std::string path = databases.make(folder.file("jobs.db"));

  [[nodiscard]] JobWork work() const {
    return {.path = path, .options = {.threads = 2, .poll = milliseconds(100)}};
  }
};

bool is_whole(const JobEffects::Count& count, int jobs) {
  return count.exact >= jobs && count.least_jobs >= jobs;
}

void check_whole(const JobEffects& effects, int jobs) {
  const auto count = effects.count();
  BOOST_TEST(count.exact == jobs);
  BOOST_TEST(count.exact_twice == 0);
  BOOST_TEST(count.least_jobs == jobs);
  BOOST_TEST_MESSAGE(jobs << " exact: " << count.exact << " effects; " << jobs
                          << " at least once: " << count.least << " effects");
  BOOST_TEST(effects.unfinished() == 0);
}

/// kill -9 of one of the workers every 300 ms until all effects are there.
BOOST_FIXTURE_TEST_SUITE(jobs_kill, JobFaults)

BOOST_AUTO_TEST_CASE(one_of_four_workers_is_killed_every_300_ms) {
  const int jobs = soaked(5'000, 10'000);  // of each kind
  const JobEffects effects(path, jobs);
  Fleet fleet(folder, std::vector<JobWork>(workers, work()));
  std::mt19937_64 random(20261124);
  const auto begin = Clock::now();
  while (!is_whole(effects.count(), jobs)) {
    BOOST_REQUIRE((Clock::now() - begin < seconds(300)));
    std::this_thread::sleep_for(milliseconds(300));
    fleet.kill(random() % workers);
  }
  // The last ones may have been killed between their effect and their end.
  std::this_thread::sleep_for(seconds(2));
  BOOST_TEST(fleet.finish() == 0);
  BOOST_TEST_MESSAGE(fleet.kills() << " kills in "
                                   << std::chrono::duration<double>(Clock::now() - begin).count() << " s");
  BOOST_TEST(fleet.kills() >= 3);
  check_whole(effects, jobs);
}

/// Nobody can prove that the process of another machine has ended: the lease decides.
BOOST_AUTO_TEST_CASE(the_jobs_of_a_dead_machine_start_elsewhere_within_30_s) {
  const JobEffects effects(path, 5);
  const std::string stop = folder.file("stop");
  {
    JobWork slow{.path = path, .options = {.threads = 10}, .work = std::chrono::minutes(5)};
    Child dead([&] { return work_jobs(slow, stop); });
    const auto begin = Clock::now();
    while (look_into(path)->number("SELECT count(*) FROM job_leases") == 0) {
      BOOST_REQUIRE((Clock::now() - begin < seconds(20)));
      std::this_thread::sleep_for(milliseconds(20));
    }
    std::this_thread::sleep_for(milliseconds(200));
    dead.kill();
    dead.wait();
  }
  look_into(path)->execute("UPDATE workers SET name = 'a worker of another machine'");
  const auto killed = Clock::now();
  Fleet fleet(folder, {JobWork{.path = path, .work = std::chrono::microseconds(0)}});
  while (!is_whole(effects.count(), 5)) {
    BOOST_REQUIRE((Clock::now() - killed < seconds(30)));
    std::this_thread::sleep_for(milliseconds(100));
  }
  BOOST_TEST_MESSAGE("taken over after " << std::chrono::duration<double>(Clock::now() - killed).count()
                                         << " s");
  BOOST_TEST(fleet.finish() == 0);
  check_whole(effects, 5);
}

/// Its clock goes an hour ahead, then two hours back; the others' stays.
BOOST_AUTO_TEST_CASE(the_clock_of_one_worker_jumps) {
  class Jumping final : public omnicrm::Clock {
   public:
    [[nodiscard]] Timestamp now() override {
      const auto age = std::chrono::steady_clock::now() - begin_;
      auto offset = std::chrono::hours(0);
      if (age > milliseconds(400)) offset = std::chrono::hours(1);
      if (age > milliseconds(900)) offset = -std::chrono::hours(1);
      return system_clock()->now() + offset;
    }
    [[nodiscard]] std::chrono::steady_clock::time_point steady_now() override {
      return std::chrono::steady_clock::now();
    }

   private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  };
  const int jobs = soaked(1'000, 5'000);
  const JobEffects effects(path, jobs);
  std::vector<JobWork> works(3, work());
  works[0].clock = std::make_shared<Jumping>();
  Fleet fleet(folder, works);
  const auto begin = Clock::now();
  while (!is_whole(effects.count(), jobs)) {
    BOOST_REQUIRE((Clock::now() - begin < seconds(120)));
    std::this_thread::sleep_for(milliseconds(100));
  }
  std::this_thread::sleep_for(seconds(2));
  BOOST_TEST(fleet.finish() == 0);
  check_whole(effects, jobs);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace omnicrm::testing
