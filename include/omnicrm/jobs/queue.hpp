// The durable queue.
#pragma once

#include <optional>
#include <string>
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
  std::int64_t ready = 0;
  std::int64_t running = 0;
  std::int64_t done = 0;
  std::int64_t cancelled = 0;
  std::int64_t dead = 0;
  /// When the longest-waiting ready job became due.
  std::optional<Timestamp> oldest_ready_at;
};

/// One user's jobs. Thread-safe. @since 0.1
class Jobs {
 public:
  virtual ~Jobs() = default;

  /// All or none. Ids in the order given; of a job that its `unique_key` made superfluous, the existing one's.
  /// Errors: `invalid_argument` names the field.
  virtual Result<std::vector<JobId>> enqueue(const std::vector<NewJob>& jobs) = 0;
  /// The same inside the caller's transaction.
  virtual Result<std::vector<JobId>> enqueue_in(storage::Connection& transaction,
                                                const std::vector<NewJob>& jobs) = 0;
  virtual Result<Job> get(JobId id) = 0;
  /// Newest first.
  virtual Result<Page<Job>> list(const JobFilter& filter, const PageRequest& page) = 0;
  /// A waiting job is cancelled at once, a running one asked to stop. Cancelling a finished job changes nothing.
  virtual Result<Job> cancel(JobId id) = 0;
  /// A dead or cancelled job becomes ready with fresh attempts. Errors: `failed_precondition` for others.
  virtual Result<Job> retry(JobId id) = 0;
  /// Cancels every unfinished job of a batch inside the caller's transaction; gives their number.
  virtual Result<std::int64_t> cancel_batch_in(storage::Connection& transaction, BatchId batch) = 0;
  virtual Result<std::vector<KindStats>> stats() = 0;
};

}  // namespace omnicrm::jobs
