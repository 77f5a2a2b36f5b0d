// A job's row on SQLite, and the few changes of it that many files make.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "jobs/job_row.hpp"
#include "storage/query.hpp"

/// Every column that `read_row` expects, in its order. A macro, so that SQL stays one literal.
#define OMNICRM_SQLITE_JOB                                                                          \
  "seq, user_id, id, kind, payload, state, priority, virtual_time, run_at, attempt, max_attempts, " \
  "unique_key, batch_id, lease_id, progress_done, progress_total, progress_note, error, result, "   \
  "cancel_requested, created_at, started_at, finished_at, trace"

namespace omnicrm::jobs::sqlite {

/// A job that has ended in this transaction: what others that wait for it have to hear.
struct Ended {
  UserId user;
  JobId job;
  std::optional<BatchId> batch;
  JobState state = JobState::done;
};

/// The row a query of `OMNICRM_SQLITE_JOB` stands on. `data_loss` for a state this library does not know.
[[nodiscard]] Result<JobRow> read_row(const storage::Query& row);
/// Errors: `not_found`.
[[nodiscard]] Result<JobRow> find(storage::Connection& connection, UserId user, JobId id);
/// The job ends for good, with a failure's text or the one it had: `cancelled` or `dead`. Its key goes.
[[nodiscard]] Result<void> write_end(storage::Connection& connection, const JobRow& row, JobState state,
                                     const std::string& error, Timestamp now);
/// The job is not held back any more: ready with a fair turn of `cost` from now, or scheduled when its time
/// is later.
[[nodiscard]] Result<void> let_go(storage::Connection& connection, const JobRow& row, std::int64_t cost,
                                  Timestamp run_at, Timestamp now);

}  // namespace omnicrm::jobs::sqlite
