// How claimed jobs ended, as their rows say it then.
#pragma once

#include <span>
#include <string>

#include "jobs/ending.hpp"
#include "jobs/sqlite/rows.hpp"

namespace omnicrm::jobs::sqlite {

/// Writes the endings in one transaction, each under its job's lease: where the lease was lost, nothing is
/// written. A failed job becomes scheduled, dead or (when its cancel was asked) cancelled. Leases without
/// running jobs are removed. What was written is added up into the summary (`started` stays).
[[nodiscard]] Result<RunSummary> write_endings(storage::Connection& connection,
                                               std::span<const Ending> endings, Timestamp now);
/// The job is done, within any transaction. False: the lease was lost, nothing was written.
[[nodiscard]] Result<bool> complete(storage::Connection& connection, const JobRow& row, const Json& result,
                                    Timestamp now);
[[nodiscard]] Result<void> write_progress(storage::Connection& connection, const JobRow& row,
                                          const Progress& progress);
/// The evidence of one failed start.
[[nodiscard]] Result<void> write_failure(storage::Connection& connection, const JobRow& row,
                                         const std::string& error, Timestamp now);

}  // namespace omnicrm::jobs::sqlite
