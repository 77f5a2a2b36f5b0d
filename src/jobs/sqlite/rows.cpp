#include "jobs/sqlite/rows.hpp"

#include <algorithm>

#include "core/errors.hpp"
#include "jobs/sqlite/fair_clock.hpp"
#include "jobs/sqlite/unique_keys.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm::jobs::sqlite {

Result<JobRow> read_row(const storage::Query& row) {
  JobRow read;
  read.seq = row.get<std::int64_t>(0);
  read.user = row.get<UserId>(1);
  Job& job = read.job;
  job.id = row.get<JobId>(2);
  job.kind = row.get<std::string>(3);
  job.payload = row.get<Json>(4);
  const auto state = enum_from_name<JobState>(row.get<std::string>(5));
  if (!state) return failure(ErrorCode::data_loss, "job " + job.id.to_string() + " has an unknown state");
  job.state = *state;
  job.priority = row.get<std::int64_t>(6);
  job.virtual_time = row.get<std::int64_t>(7);
  job.run_at = row.get<Timestamp>(8);
  job.attempt = row.get<std::int64_t>(9);
  job.max_attempts = row.get<std::int64_t>(10);
  job.unique_key = row.get<std::string>(11);
  job.batch_id = row.get<std::optional<BatchId>>(12);
  job.lease_id = row.get<std::optional<LeaseId>>(13);
  job.progress_done = row.get<std::int64_t>(14);
  job.progress_total = row.get<std::int64_t>(15);
  job.progress_note = row.get<std::string>(16);
  job.error = row.get<Json>(17);
  job.result = row.get<Json>(18);
  job.cancel_requested = row.get<bool>(19);
  job.created_at = row.get<Timestamp>(20);
  job.started_at = row.get<std::optional<Timestamp>>(21);
  job.finished_at = row.get<std::optional<Timestamp>>(22);
  job.trace = row.get<std::string>(23);
  return read;
}

Result<JobRow> find(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_ASSIGN(
      auto rows,
      storage::Query::run(connection, "SELECT " OMNICRM_SQLITE_JOB " FROM jobs WHERE user_id = ? AND id = ?",
                          user, id));
  OMNICRM_ASSIGN(const bool found, rows.next());
  if (!found) return not_found("job", id.to_string());
  return read_row(rows);
}

Result<void> write_end(storage::Connection& connection, const JobRow& row, JobState state,
                       const std::string& error, Timestamp now) {
  const std::string_view name = enum_name(state);
  OMNICRM_TRY(storage::run(connection,
                           "UPDATE jobs SET state = ?, lease_id = NULL, error = ?, finished_at = ?, "
                           "is_parked = 0 WHERE user_id = ? AND seq = ?",
                           name, error, now, row.user, row.seq));
  return release_key(connection, row.user, row.job, now);
}

Result<void> let_go(storage::Connection& connection, const JobRow& row, std::int64_t cost, Timestamp run_at,
                    Timestamp now) {
  if (run_at > now) {  // its turn counts when it is due: until then virtual_time holds the cost
    return storage::run(connection,
                        "UPDATE jobs SET state = 'scheduled', virtual_time = ?, run_at = ?, priority = ?, "
                        "is_parked = 0 WHERE user_id = ? AND seq = ?",
                        cost, run_at, row.job.priority, row.user, row.seq);
  }
  FairClock fair(connection);
  OMNICRM_ASSIGN(const std::int64_t start, fair.start(row.user, row.job.kind, row.job.priority, cost));
  OMNICRM_TRY(fair.save());
  return storage::run(connection,
                      "UPDATE jobs SET state = 'ready', virtual_time = ?, run_at = ?, priority = ?, "
                      "is_parked = 0 WHERE user_id = ? AND seq = ?",
                      start, now, row.job.priority, row.user, row.seq);
}

}  // namespace omnicrm::jobs::sqlite
