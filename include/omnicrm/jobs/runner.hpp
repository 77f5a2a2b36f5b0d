// Runs the queue's jobs on threads that the host asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <omnicrm/jobs/handler.hpp>

namespace omnicrm::jobs {

/// How far a running job is, as its handler said. @since 0.1
struct JobProgress {
  JobId id;
  UserId user;
  std::string kind;
  std::optional<BatchId> batch_id;
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string note;
};

/// @since 0.1
struct RunnerOptions {
  /// Name of this worker in `workers` and in logs.
  std::string name = "omnicrm";
  std::size_t threads = 2;
  /// A worker whose heartbeat is older than this has lost its jobs.
  std::chrono::milliseconds lease{15'000};
  std::chrono::milliseconds heartbeat{3'000};
  /// Longest wait before an idle worker looks again; enqueues of this process wake it at once.
  std::chrono::milliseconds poll{500};
  /// Jobs claimed in one round trip at the most. Slow jobs are claimed only for threads that are free.
  std::size_t claim_limit = 500;
  /// Whether this runner fires schedules, removes old jobs and does the queue's other upkeep; one runner of
  /// all that do is its leader.
  bool upkeep = true;
  /// Hears every progress that a handler of this process reports, on that handler's thread, from many threads
  /// at once; must not block for long. What it throws is dropped.
  std::function<void(const JobProgress&)> on_progress = {};
};

/// @since 0.1
struct RunSummary {
  std::int64_t started = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;  ///< attempts that failed, retried or not
  std::int64_t dead = 0;
  std::int64_t snoozed = 0;
  std::int64_t given_back = 0;
};

/// Claims and runs jobs of all users. Thread-safe. No thread exists before `start` or `run_until_idle`.
/// Within a job, `run_until_idle`, `step` and `stop` of the queue that runs it are `failed_precondition`:
/// they would wait for themselves. @since 0.1
class Runner {
 public:
  virtual ~Runner() = default;

  /// Before the first job runs. A second handler for a kind: `already_exists`.
  virtual Result<void> register_handler(std::string kind, std::shared_ptr<Handler> handler) = 0;

  /// Runs on `options.threads` threads until no job is ready or running, and none is due within `horizon`
  /// (retries further away stay), or until `stop`. Returns when its threads have ended.
  virtual Result<RunSummary> run_until_idle(std::stop_token stop = {},
                                            std::chrono::milliseconds horizon = std::chrono::seconds(5)) = 0;
  /// Claims and runs up to `limit` jobs on the caller's thread; for hosts with a loop of their own.
  virtual Result<RunSummary> step(std::size_t limit = 1, std::stop_token stop = {}) = 0;

  /// Starts the threads of a service. `failed_precondition` when started.
  virtual Result<void> start() = 0;
  /// Stops claiming, lets running jobs end for `grace`, then requests their stop; unstarted ones go back.
  /// Joins the threads. Nothing happens when not started.
  virtual Result<RunSummary> stop(std::chrono::milliseconds grace = std::chrono::seconds(30)) = 0;
  /// Whether threads that `start` started are running.
  [[nodiscard]] virtual bool is_started() = 0;
};

}  // namespace omnicrm::jobs
