// The durable queue.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/page.hpp>
#include <omnicrm/jobs/handler.hpp>

namespace omnicrm::jobs {

/// @since 0.1
struct JobFilter {
  std::optional<JobState> state;
  std::string kind;  ///< empty: every kind
  std::optional<BatchId> batch_id;
};

/// @since 0.1
struct KindStats {
  std::string kind;
  std::int64_t scheduled = 0;
  /// Of them, those that wait for other jobs are counted here.
  std::int64_t waiting = 0;
  std::int64_t ready = 0;
  std::int64_t running = 0;
  std::int64_t done = 0;
  std::int64_t cancelled = 0;
  std::int64_t dead = 0;
  /// When the longest-waiting ready job became due.
  std::optional<Timestamp> oldest_ready_at;
  bool paused = false;
};

/// The evidence of one failed start. @since 0.1
struct JobFailure {
  std::int64_t attempt = 0;
  Timestamp at{};
  /// JSON of `Error`.
  Json error;
};

/// One user's jobs. Thread-safe. @since 0.1
class Jobs {
 public:
  virtual ~Jobs() = default;

  /// All or none. Ids in the order given; of a job that its `unique_key` made superfluous, the existing
  /// one's. Errors: `invalid_argument` names the field.
  virtual Result<std::vector<JobId>> enqueue(const std::vector<NewJob>& jobs) = 0;
  /// The same inside the caller's transaction.
  virtual Result<std::vector<JobId>> enqueue_in(storage::Connection& transaction,
                                                const std::vector<NewJob>& jobs) = 0;
  virtual Result<Job> get(JobId id) = 0;
  /// Newest first.
  virtual Result<Page<Job>> list(const JobFilter& filter, const PageRequest& page) = 0;
  /// A waiting job is cancelled at once, a running one asked to stop. Cancelling a finished job changes
  /// nothing.
  virtual Result<Job> cancel(JobId id) = 0;
  /// A dead or cancelled job becomes ready with fresh attempts. Errors: `failed_precondition` for others.
  virtual Result<Job> retry(JobId id) = 0;
  /// Cancels every unfinished job of a batch inside the caller's transaction; gives their number.
  virtual Result<std::int64_t> cancel_batch_in(storage::Connection& transaction, BatchId batch) = 0;
  virtual Result<std::vector<KindStats>> stats() = 0;
  /// The failed starts of a job, oldest first.
  virtual Result<std::vector<JobFailure>> failures(JobId id) = 0;
  /// Forgets an ended job (dead, cancelled or done). Errors: `failed_precondition` for others.
  virtual Result<void> remove(JobId id) = 0;
  /// No job of the kind of this user starts until `resume`, on any machine; running ones go on. What is
  /// paused already stays so.
  virtual Result<void> pause(std::string_view kind) = 0;
  virtual Result<void> resume(std::string_view kind) = 0;
};

/// What is done to the queue of all users: `Crm::admin().jobs()`. Thread-safe. @since 0.1
class JobsAdmin {
 public:
  virtual ~JobsAdmin() = default;
  /// As `Jobs::pause`, for every user.
  virtual Result<void> pause(std::string_view kind) = 0;
  virtual Result<void> resume(std::string_view kind) = 0;
  /// Of all users' jobs.
  virtual Result<std::vector<KindStats>> stats() = 0;
  /// Removes ended jobs older than `keep_done` and `keep_dead`, some thousands in each transaction; gives
  /// their number. Runners do it by themselves with their kinds' options.
  virtual Result<std::int64_t> retain(std::chrono::milliseconds keep_done,
                                      std::chrono::milliseconds keep_dead) = 0;
};

}  // namespace omnicrm::jobs
