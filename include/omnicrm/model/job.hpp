// A durable piece of work.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// @since 0.1
enum class JobState {
  scheduled,  ///< due later
  ready,      ///< may start now
  running,    ///< a worker holds its lease
  done,
  cancelled,
  dead,       ///< all attempts used up, or a permanent error; kept with its evidence
  waiting,    ///< for other jobs to end
};

/// One job. Jobs are rows: enqueued in the transaction of the data they are about. @since 0.1
struct Job {
  JobId id;
  /// Which handler runs it.
  std::string kind;
  Json payload = Json::object();
  JobState state = JobState::ready;
  /// Smaller runs first.
  std::int64_t priority = 100;
  /// Start-time fair queueing: the virtual start, set at enqueue.
  std::int64_t virtual_time = 0;
  Timestamp run_at{};
  /// Starts so far.
  std::int64_t attempt = 0;
  std::int64_t max_attempts = 5;
  std::string unique_key;
  std::optional<BatchId> batch_id;
  std::optional<LeaseId> lease_id;
  std::int64_t progress_done = 0;
  std::int64_t progress_total = 0;
  std::string progress_note;
  /// The last error, as JSON of `Error`; or null.
  Json error;
  Json result;
  bool cancel_requested = false;
  Timestamp created_at{};
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> finished_at;
  /// W3C `traceparent` of what caused it; may be empty.
  std::string trace;

  friend bool operator==(const Job&, const Job&) = default;
};

}  // namespace omnicrm
