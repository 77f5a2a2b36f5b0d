#include "jobs/postgres/pg_keys.hpp"

#include <chrono>
#include <string>

#include "core/errors.hpp"
#include "jobs/postgres/pg_ids.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::postgres {
namespace {

/// Of a period that is over, and whose job has ended. Other keys go with their job's end.
Result<bool> is_stale(storage::Connection& connection, UserId user, const storage::Query& row, JobId wanting,
                      Timestamp now) {
  const auto holder = row.get<JobId>(0);
  const auto until = row.get<std::int64_t>(1);
  if (until == 0 || until > to_micros(now)) return false;
  if (with_tail(holder.value, 0) == with_tail(wanting.value, 0)) return false;  // of the same call
  OMNICRM_ASSIGN(
      const auto state,
      storage::query_one<std::string>(
          connection, "SELECT state FROM omnicrm_jobs_of(?, ?, NULL, NULL, NULL, NULL, 1)", user, holder));
  return !state || *state == "done" || *state == "cancelled" || *state == "dead";
}

}  // namespace

Result<std::optional<JobId>> take_key(storage::Connection& connection, UserId user, const NewJob& job,
                                      JobId id, Timestamp now) {
  const Timestamp until = job.unique_scope == UniqueScope::period
                              ? now + std::chrono::milliseconds(job.unique_for_ms)
                              : Timestamp{};
  const std::string_view scope = scope_name(job.unique_scope);
  OMNICRM_ASSIGN(const std::int64_t taken,
                 storage::execute(connection,
                                  "INSERT INTO job_unique (user_id, kind, unique_key, job_id, scope, until) "
                                  "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                                  user, job.kind, job.unique_key, id, scope, until));
  if (taken > 0) return std::optional<JobId>();
  OMNICRM_ASSIGN(auto rows, storage::Query::run(
                                connection,
                                "SELECT job_id, until FROM job_unique WHERE user_id = ? AND kind = ? AND "
                                "unique_key = ? FOR UPDATE",
                                user, job.kind, job.unique_key));
  OMNICRM_ASSIGN(const bool found, rows.next());
  if (!found) return failure(ErrorCode::unavailable, "the unique key was just given up: try again");
  const auto holder = rows.get<JobId>(0);
  OMNICRM_ASSIGN(const bool stale, is_stale(connection, user, rows, id, now));
  if (!stale) return std::optional(holder);
  OMNICRM_TRY(storage::run(
      connection,
      "UPDATE job_unique SET job_id = ?, scope = ?, until = ? WHERE user_id = ? AND kind = ? AND "
      "unique_key = ?",
      id, scope, until, user, job.kind, job.unique_key));
  return std::optional<JobId>();
}

Result<void> release_key(storage::Connection& connection, UserId user, const Job& job, Timestamp now) {
  if (job.unique_key.empty()) return {};
  return storage::run(
      connection,
      "DELETE FROM job_unique WHERE user_id = ? AND kind = ? AND unique_key = ? AND job_id = ? AND "
      "until <= ?",
      user, job.kind, job.unique_key, job.id, now);
}

Result<void> release_started_key(storage::Connection& connection, UserId user, const Job& job) {
  if (job.unique_key.empty()) return {};
  return storage::run(
      connection,
      "DELETE FROM job_unique WHERE user_id = ? AND kind = ? AND unique_key = ? AND job_id = ? AND "
      "scope = 'waiting'",
      user, job.kind, job.unique_key, job.id);
}

}  // namespace omnicrm::jobs::postgres
