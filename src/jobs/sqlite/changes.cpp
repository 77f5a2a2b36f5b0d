#include "jobs/sqlite/changes.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "jobs/sqlite/rows.hpp"
#include "jobs/sqlite/unique_keys.hpp"
#include "jobs/sqlite/waits.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

bool is_pending(JobState state) {
  return state == JobState::ready || state == JobState::scheduled || state == JobState::waiting;
}

bool has_ended(JobState state) {
  return state == JobState::done || state == JobState::cancelled || state == JobState::dead;
}

Result<void> take_key_again(storage::Connection& connection, const JobRow& row, Timestamp now) {
  if (row.job.unique_key.empty()) return {};
  OMNICRM_ASSIGN(
      const auto scope,
      storage::query_one<std::string>(
          connection, "SELECT unique_scope FROM jobs WHERE user_id = ? AND seq = ?", row.user, row.seq));
  KeyWish wish{row.user, row.job.kind, row.job.unique_key, scope_from_name(scope.value_or("")), {}};
  // Its period counts from its enqueue, and what is left of it stays in the key's row.
  if (wish.scope == UniqueScope::period) {
    OMNICRM_ASSIGN(
        const auto until,
        storage::query_one<Timestamp>(
            connection,
            "SELECT until FROM job_unique WHERE user_id = ? AND kind = ? AND unique_key = ? AND job_id = ?",
            row.user, row.job.kind, row.job.unique_key, row.job.id));
    wish.until = until.value_or(Timestamp{});
  }
  OMNICRM_ASSIGN(const auto other, take_key(connection, wish, row.job.id, now));
  if (!other) return {};
  return failure(ErrorCode::failed_precondition, "job " + other->to_string() + " has the same key");
}

}  // namespace

Result<void> cancel(storage::Connection& connection, UserId user, JobId id, Timestamp now) {
  OMNICRM_ASSIGN(const JobRow row, find(connection, user, id));
  if (row.job.state == JobState::running) {
    return storage::run(connection, "UPDATE jobs SET cancel_requested = 1 WHERE user_id = ? AND seq = ?",
                        user, row.seq);
  }
  if (!is_pending(row.job.state)) return {};
  if (row.job.state == JobState::waiting) OMNICRM_TRY(forget_waits(connection, user, id));
  OMNICRM_TRY(write_end(connection, row, JobState::cancelled, row.job.error.text, now));
  return settle(connection, std::array{Ended{user, id, row.job.batch_id, JobState::cancelled}}, now);
}

Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                  Timestamp now) {
  std::vector<Ended> ended;
  {
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(connection,
                                       "SELECT id FROM jobs WHERE user_id = ? AND batch_id = ? AND "
                                       "batch_id IS NOT NULL AND finished_at IS NULL AND state <> 'running'",
                                       user, batch));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      ended.push_back({user, rows.get<JobId>(0), batch, JobState::cancelled});
    }
  }
  OMNICRM_TRY(
      storage::run(connection,
                   "DELETE FROM job_waits WHERE user_id = ?1 AND job_id IN (SELECT id FROM jobs WHERE "
                   "user_id = ?1 AND batch_id = ?2 AND state = 'waiting')",
                   user, batch));
  OMNICRM_TRY(
      storage::run(connection,
                   "DELETE FROM job_unique WHERE user_id = ?1 AND until <= ?3 AND job_id IN (SELECT id "
                   "FROM jobs WHERE user_id = ?1 AND batch_id = ?2 AND finished_at IS NULL AND state "
                   "<> 'running' AND unique_key <> '')",
                   user, batch, now));
  OMNICRM_TRY(
      storage::run(connection,
                   "UPDATE jobs SET state = 'cancelled', finished_at = ?, is_parked = 0 WHERE user_id "
                   "= ? AND batch_id = ? AND finished_at IS NULL AND state <> 'running'",
                   now, user, batch));
  OMNICRM_ASSIGN(
      const std::int64_t running,
      storage::execute(connection,
                       "UPDATE jobs SET cancel_requested = 1 WHERE user_id = ? AND batch_id = ? AND "
                       "state = 'running'",
                       user, batch));
  OMNICRM_TRY(settle(connection, ended, now));
  return static_cast<std::int64_t>(ended.size()) + running;
}

Result<void> retry(storage::Connection& connection, UserId user, JobId id, Timestamp now) {
  OMNICRM_ASSIGN(const JobRow row, find(connection, user, id));
  if (row.job.state != JobState::dead && row.job.state != JobState::cancelled)
    return failure(ErrorCode::failed_precondition, "only a dead or cancelled job can be retried");
  OMNICRM_TRY(take_key_again(connection, row, now));
  OMNICRM_TRY(storage::run(connection,
                           "UPDATE jobs SET attempt = 0, cancel_requested = 0, started_at = NULL, "
                           "finished_at = NULL WHERE user_id = ? AND seq = ?",
                           user, row.seq));
  return let_go(connection, row, 1, now, now);
}

Result<void> remove(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_ASSIGN(const JobRow row, find(connection, user, id));
  if (!has_ended(row.job.state))
    return failure(ErrorCode::failed_precondition,
                   "only a job that has ended can be removed; cancel it first");
  OMNICRM_TRY(
      storage::run(connection, "DELETE FROM job_failures WHERE user_id = ? AND job_id = ?", user, id));
  return storage::run(connection, "DELETE FROM jobs WHERE user_id = ? AND seq = ?", user, row.seq);
}

}  // namespace omnicrm::jobs::sqlite
