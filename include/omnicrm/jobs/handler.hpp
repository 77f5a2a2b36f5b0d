// What runs a job.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/job.hpp>
#include <omnicrm/observe/logger.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs {

/// How long a unique key keeps others out. @since 0.1
enum class UniqueScope {
  waiting,     ///< until the job starts
  unfinished,  ///< until it has ended
  period,      ///< until it has ended, and for `unique_for` after its enqueue at least
};

/// What enqueueing a job does whose unique key is taken. @since 0.1
enum class UniqueConflict {
  keep,     ///< nothing: the id of the one that has the key is returned
  replace,  ///< that one gets the new payload, priority and time if it still waits; its id is returned
};

/// What to run, when and how often. @since 0.1
struct NewJob {
  std::string kind;
  /// A JSON object for the handler.
  Json payload = Json::object();
  /// Smaller runs first.
  std::int64_t priority = 100;
  /// Not before this time; now when absent.
  std::optional<Timestamp> run_at;
  /// Starts in all: snoozes and given-back jobs cost none, a crash costs one.
  std::int64_t max_attempts = 5;
  /// While a job of this kind and key waits or runs, another one is not enqueued: its id is returned.
  std::string unique_key;
  std::optional<BatchId> batch_id;
  /// Share of the user's fair turn that it takes (start-time fair queueing). At least 1.
  std::int64_t cost = 1;
  UniqueScope unique_scope = UniqueScope::unfinished;
  /// For `UniqueScope::period`: milliseconds since the enqueue, a year at the most.
  std::int64_t unique_for_ms = 0;
  UniqueConflict unique_conflict = UniqueConflict::keep;
  /// Waits (`JobState::waiting`) until these jobs of the same user are done. When one of them ends dead or
  /// cancelled, this job is cancelled. At most 1,000.
  std::vector<JobId> after_jobs;
  /// Waits until every job that the batch has by then has ended, however it ended.
  std::optional<BatchId> after_batch;
  /// W3C `traceparent` of what caused it; empty: the calling thread's (observe/trace.hpp).
  std::string trace;
};

/// How a handler ended. An `Error` instead of it is a failure: `retryable` ones are tried again with
/// exponential backoff and full jitter, others end dead at once. @since 0.1
struct Outcome {
  enum class Kind { done, snooze } kind = Kind::done;
  /// For `done`: kept with the job.
  Json result;
  /// For `snooze`: run again after this, a year at the most; costs no attempt.
  std::chrono::milliseconds delay{0};

  [[nodiscard]] static Outcome done(Json result = {}) { return {Kind::done, std::move(result), {}}; }
  [[nodiscard]] static Outcome snooze(std::chrono::milliseconds delay) { return {Kind::snooze, {}, delay}; }
};

/// What a running handler knows and can do. Belongs to the runner; valid during `Handler::run`; its functions
/// may be called from the handler's thread. @since 0.1
class Context {
 public:
  virtual ~Context() = default;

  [[nodiscard]] virtual const Job& job() const noexcept = 0;
  [[nodiscard]] virtual UserId user() const noexcept = 0;
  /// When the job's time is over; `stop()` is requested then.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point deadline() const noexcept = 0;
  /// Requested on cancel, shutdown past its deadline, or timeout.
  [[nodiscard]] virtual std::stop_token stop() const noexcept = 0;

  /// Says how far it is; written to the job's row at most twice a second.
  virtual void progress(std::int64_t done, std::int64_t total, std::string_view note) = 0;
  /// Writes to the runner's logger with the job's, user's, batch's and trace's ids.
  virtual void log(observe::Level level, std::string_view message) = 0;
  /// Marks the job done inside the handler's own transaction: its effects and its completion are one, so it
  /// happens exactly once. Errors: `conflict` (the lease was lost: roll back and return). After it, return
  /// `Outcome::done`.
  virtual Result<void> complete_in(storage::Connection& transaction, Json result = {}) = 0;
  /// Enqueues for the same user inside the handler's own transaction.
  virtual Result<std::vector<JobId>> enqueue(storage::Connection& transaction,
                                             const std::vector<NewJob>& jobs) = 0;
};

/// How jobs of a kind are run. @since 0.1
struct KindOptions {
  /// A job that runs longer is stopped and counts as failed (retryable).
  std::chrono::milliseconds timeout{std::chrono::minutes(10)};
  /// At most so many of this kind at once in this process; 0: no limit.
  std::int64_t max_concurrent = 0;
  /// At most so many of this kind at once in all processes together; 0: no limit. Exact: claims of the kind
  /// take turns.
  std::int64_t max_global = 0;
  /// At most so many of this kind at once of one user in this process; 0: no limit.
  std::int64_t max_per_user = 0;
  /// At most so many starts of this kind in each `rate_period`, of all processes together; 0: no limit.
  std::int64_t rate_limit = 0;
  std::chrono::milliseconds rate_period{1'000};
  /// First and longest wait before a retry: full jitter in [0, min(cap, base * 2^(attempt-1))].
  std::chrono::milliseconds backoff_base{1'000};
  std::chrono::milliseconds backoff_cap{std::chrono::minutes(15)};
  /// How long ended jobs stay to be looked at: done and cancelled ones, and dead ones.
  std::chrono::milliseconds keep_done{std::chrono::days(1)};
  std::chrono::milliseconds keep_dead{std::chrono::days(30)};
};

/// Runs jobs of one kind. `run` is called from many threads at once. @since 0.1
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual KindOptions options() const { return {}; }
  virtual Result<Outcome> run(Context& context) = 0;
};

}  // namespace omnicrm::jobs
