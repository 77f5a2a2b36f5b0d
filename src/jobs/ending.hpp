// How a claimed job ended, and what its row says then.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <omnicrm/core/time.hpp>
#include <omnicrm/jobs/runner.hpp>

#include "jobs/job_row.hpp"

namespace omnicrm::jobs {

struct Progress {
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string note;
};

struct Ending {
  enum class How { done, failed, snoozed, given_back };

  JobRow row;  ///< as claimed: with its lease
  How how = How::done;
  Json result;
  Error error;
  /// Before the next start, of a snooze or a retry.
  std::chrono::microseconds delay{0};
  /// The handler marked the job itself, in its own transaction.
  bool marked_done = false;
  std::optional<Progress> progress;
};

/// Writes the endings in one transaction, each under its job's lease: where the lease was lost, nothing is
/// written. A failed job becomes scheduled, dead or (when its cancel was asked) cancelled. Leases without
/// running jobs are removed. What was written is added up into the summary (`started` stays).
[[nodiscard]] Result<RunSummary> write_endings(storage::Connection& connection,
                                               std::span<const Ending> endings, Timestamp now);

/// The job is done, within any transaction. False: the lease was lost, nothing was written.
[[nodiscard]] Result<bool> write_done(storage::Connection& connection, const JobRow& row, const Json& result,
                                      Timestamp now);
[[nodiscard]] Result<bool> write_progress(storage::Connection& connection, const JobRow& row,
                                          const Progress& progress);
/// The evidence of one failed start.
[[nodiscard]] Result<void> write_failure(storage::Connection& connection, const JobRow& row,
                                         const std::string& error, Timestamp now);
/// The job ends for good: `cancelled` or `dead`.
[[nodiscard]] Result<void> write_end(storage::Connection& connection, const JobRow& row, JobState state,
                                     const std::string& error, Timestamp now);

}  // namespace omnicrm::jobs
