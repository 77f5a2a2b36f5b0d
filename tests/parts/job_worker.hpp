// Worker processes of the job tests: they run jobs with effects in the database, and are killed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/jobs/runner.hpp>

#include "parts/child.hpp"
#include "parts/temporary_folder.hpp"

namespace omnicrm::testing {

/// What a worker process runs: "exact" writes its effect in one transaction with its end (`complete_in`), so
/// that there is one; "least" writes it and then ends, so that there is one or more. Both first work a
/// little. "crash" writes `crash_effect` and kills its process; "wait" writes `begin_effect`, waits until it
/// is asked to stop, and writes `stop_effect`.
struct JobWork {
  std::string path;  ///< of the database
  jobs::RunnerOptions options;
  std::chrono::microseconds work{1'000};
  std::shared_ptr<Clock> clock = {};  ///< null: the system's
  std::string network = {};           ///< the file of a network namespace that it lives in; "": the test's
};

constexpr std::int64_t crash_effect = 2;
constexpr std::int64_t begin_effect = 3;
constexpr std::int64_t stop_effect = 4;

/// A database with jobs and a table of their effects.
class JobEffects {
 public:
  /// `jobs` of each of the two kinds, spread over some users. Closed again when it returns: fork after it.
  JobEffects(std::string path, int jobs);

  struct Count {
    std::int64_t exact = 0;        ///< effects of "exact" jobs
    std::int64_t exact_twice = 0;  ///< of them, jobs with more than one
    std::int64_t least_jobs = 0;   ///< "least" jobs with an effect
    std::int64_t least = 0;        ///< their effects
  };
  [[nodiscard]] Count count() const;
  /// Jobs that are not done, as the queue tells. Opens the database: no fork after it.
  [[nodiscard]] std::int64_t unfinished() const;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// Worker processes, some of which die. One thread.
class Fleet {
 public:
  /// `folder` holds the file that tells them to end.
  Fleet(const TemporaryFolder& folder, std::vector<JobWork> works);
  /// kill -9 of one of them, and another one in its place.
  void kill(std::size_t which);
  /// SIGSTOP, SIGCONT.
  void send(std::size_t which, int signal) const;
  /// Others in the place of those that ended by themselves; gives how many did.
  int revive();
  /// Orderly: each stops its runner. The number of those that did not exit with 0.
  int finish();
  [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }
  [[nodiscard]] int kills() const noexcept { return kills_; }

 private:
  void start(std::size_t which);
  std::string stop_file_;
  std::vector<JobWork> works_;
  std::vector<std::unique_ptr<Child>> children_;
  int kills_ = 0;
};

/// The table that the effects are in.
[[nodiscard]] std::string effects_table(const std::string& path);

/// In a child: runs jobs as told until there is a file of this name; gives the exit code.
int work_jobs(const JobWork& work, const std::string& stop_file);

/// Jobs of the long tests: OMNICRM_SOAK=1 in the environment asks for the larger number.
[[nodiscard]] int soaked(int jobs, int soak_jobs);

}  // namespace omnicrm::testing
