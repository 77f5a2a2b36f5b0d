#include "jobs/sqlite/unique_keys.hpp"

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

constexpr char insert_key[] =
    "INSERT INTO job_unique (user_id, kind, unique_key, job_id, scope, until) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING";
// Whether a key is still guarded is asked when somebody else wants it: so a start costs nothing, and a job
// that is given back unstarted still has its key.
constexpr char select_holder[] =
    "SELECT u.job_id, u.until > ?4 OR (j.id IS NOT NULL AND j.finished_at IS NULL AND "
    "(u.scope <> 'waiting' OR (j.state <> 'running' AND j.attempt = 0))) "
    "FROM job_unique AS u LEFT JOIN jobs AS j ON j.user_id = u.user_id AND j.id = u.job_id "
    "WHERE u.user_id = ?1 AND u.kind = ?2 AND u.unique_key = ?3";

}  // namespace

Result<std::optional<JobId>> take_key(storage::Connection& connection, const KeyWish& wish, JobId job,
                                      Timestamp now) {
  const std::string_view scope = scope_name(wish.scope);
  OMNICRM_ASSIGN(const std::int64_t taken, storage::execute(connection, insert_key, wish.user, wish.kind,
                                                            wish.key, job, scope, wish.until));
  if (taken > 0) return std::optional<JobId>();
  std::optional<JobId> holder;
  {
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(connection, select_holder, wish.user, wish.kind, wish.key, now));
    OMNICRM_ASSIGN(const bool found, rows.next());
    if (found && rows.get<bool>(1)) holder = rows.get<JobId>(0);
  }
  if (holder && *holder != job) return holder;
  OMNICRM_TRY(storage::run(connection,
                           "UPDATE job_unique SET job_id = ?, scope = ?, until = ? "
                           "WHERE user_id = ? AND kind = ? AND unique_key = ?",
                           job, scope, wish.until, wish.user, wish.kind, wish.key));
  return std::optional<JobId>();
}

Result<void> release_key(storage::Connection& connection, UserId user, const Job& job, Timestamp now) {
  if (job.unique_key.empty()) return {};
  return storage::run(connection,
                      "DELETE FROM job_unique WHERE user_id = ? AND kind = ? AND unique_key = ? AND "
                      "job_id = ? AND until <= ?",
                      user, job.kind, job.unique_key, job.id, now);
}

}  // namespace omnicrm::jobs::sqlite
