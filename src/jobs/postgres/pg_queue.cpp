#include "jobs/postgres/pg_queue.hpp"

#include <map>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "jobs/job_list.hpp"
#include "jobs/postgres/pg_arrays.hpp"
#include "jobs/postgres/pg_close.hpp"
#include "jobs/postgres/pg_keys.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::postgres {
namespace {

#define OMNICRM_JOB_STATE                                                                         \
  "id, kind, payload, state, priority, virtual_time, run_at, attempt, max_attempts, unique_key, " \
  "batch_id, lease_id, progress_done, progress_total, progress_note, error, result, "             \
  "cancel_requested, created_at, started_at, finished_at, trace"

constexpr UserId everyone{};  // whose pauses are all users'

constexpr JobId last_id() {
  JobId id;
  id.value.bytes.fill(0xff);
  return id;
}

Result<Job> read(const storage::Query& row) {
  Job job;
  int at = 0;
  const auto next = [&]<class T>(T& field) { field = row.get<T>(at++); };
  next(job.id), next(job.kind), next(job.payload);
  const auto state = enum_from_name<JobState>(row.get<std::string>(at++));
  if (!state) return failure(ErrorCode::data_loss, "job " + job.id.to_string() + " has an unknown state");
  job.state = *state;
  next(job.priority), next(job.virtual_time), next(job.run_at), next(job.attempt), next(job.max_attempts);
  next(job.unique_key), next(job.batch_id), next(job.lease_id), next(job.progress_done),
      next(job.progress_total);
  next(job.progress_note), next(job.error), next(job.result), next(job.cancel_requested),
      next(job.created_at);
  next(job.started_at), next(job.finished_at), next(job.trace);
  return job;
}

/// Its state, locked: it neither starts nor ends before the transaction is over. Errors: `not_found`.
Result<std::string> hold(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_ASSIGN(auto state, storage::query_one<std::optional<std::string>>(
                                 connection, "SELECT omnicrm_job_hold(?, ?)", user, id));
  if (!state || !*state) return not_found("job", id.to_string());
  return std::move(**state);
}

bool has_ended(std::string_view state) {
  return state == "done" || state == "cancelled" || state == "dead";
}

Result<void> check_ended(std::string_view state) {
  if (has_ended(state)) return {};
  return failure(ErrorCode::failed_precondition, "only a job that has ended can be removed");
}

Result<void> cancel_waiting(storage::Connection& connection, UserId user, const Job& job, Timestamp now) {
  OMNICRM_TRY(
      storage::run(connection,
                   "UPDATE jobs SET ended = 'cancelled', ended_at = ?, attempt = ?, cancel_requested = 0 "
                   "WHERE user_id = ? AND id = ?",
                   now, job.attempt, user, job.id));
  // A job of a larger chunk stays in it: the claim sees that it has ended.
  OMNICRM_TRY(storage::run(connection, "DELETE FROM job_ready WHERE user_id = ? AND first = ? AND n = 1",
                           user, job.id));
  OMNICRM_TRY(
      storage::run(connection, "DELETE FROM job_scheduled WHERE user_id = ? AND id = ?", user, job.id));
  OMNICRM_TRY(
      storage::run(connection, "DELETE FROM job_waits WHERE user_id = ? AND job_id = ?", user, job.id));
  return release_key(connection, user, job, now);
}

Result<void> ask_cancel(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_TRY(storage::run(connection, "UPDATE jobs SET cancel_requested = 1 WHERE user_id = ? AND id = ?",
                           user, id));
  OMNICRM_TRY(storage::query_one<bool>(connection, "SELECT omnicrm_job_ask_cancel(?, ?)", user, id));
  return {};
}

/// The key that a job which is to start again was given. Gives the job's cost.
Result<std::int64_t> take_key_again(storage::Connection& connection, UserId user, const Job& job,
                                    Timestamp now) {
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection,
                                     "SELECT cost, coalesce(unique_scope, '') FROM jobs WHERE user_id = "
                                     "? AND id = ?",
                                     user, job.id));
  OMNICRM_TRY(rows.next());
  const auto cost = rows.get<std::int64_t>(0);
  if (job.unique_key.empty()) return cost;
  NewJob wish;
  wish.kind = job.kind;
  wish.unique_key = job.unique_key;
  wish.unique_scope = scope_from_name(rows.get<std::string>(1));
  OMNICRM_ASSIGN(const auto other, take_key(connection, user, wish, job.id, now));
  if (other && *other != job.id)
    return failure(ErrorCode::failed_precondition, "job " + other->to_string() + " has the same key");
  return cost;
}

}  // namespace

Result<Job> get(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection,
                                                "SELECT " OMNICRM_JOB_STATE
                                                " FROM omnicrm_jobs_of(?, ?, NULL, NULL, NULL, NULL, 1)",
                                                user, id));
  OMNICRM_ASSIGN(const bool found, rows.next());
  if (!found) return not_found("job", id.to_string());
  return read(rows);
}

Result<Page<Job>> list(storage::Connection& connection, UserId user, const JobFilter& filter,
                       std::int64_t limit, const std::optional<ListStart>& after) {
  std::optional<std::string> state;
  if (filter.state) state = enum_name(*filter.state);
  std::optional<std::string> kind;
  if (!filter.kind.empty()) kind = filter.kind;
  const JobId below = after ? after->id : last_id();
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection,
                                                "SELECT " OMNICRM_JOB_STATE
                                                " FROM omnicrm_jobs_of(?, NULL, ?, ?, ?, ?, ?)",
                                                user, below, state, kind, filter.batch_id, limit + 1));
  Page<Job> page;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return page;
    if (static_cast<std::int64_t>(page.items.size()) == limit) {
      page.next = list_cursor(page.items.back());
      return page;
    }
    OMNICRM_ASSIGN(Job job, read(rows));
    page.items.push_back(std::move(job));
  }
}

Result<std::vector<JobFailure>> failures(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_TRY(get(connection, user, id));
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection,
                                     "SELECT attempt, at, error FROM job_failures WHERE user_id = ? AND "
                                     "job_id = ? ORDER BY at, attempt",
                                     user, id));
  std::vector<JobFailure> result;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return result;
    result.push_back({rows.get<std::int64_t>(0), rows.get<Timestamp>(1), rows.get<Json>(2)});
  }
}

Result<std::vector<KindStats>> stats(storage::Connection& connection, std::optional<UserId> user) {
  std::map<std::string, KindStats> kinds;
  {
    OMNICRM_ASSIGN(
        auto rows,
        storage::Query::run(connection, "SELECT kind, state, jobs, oldest FROM omnicrm_job_counts(?)", user));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      KindStats& of = kinds[rows.get<std::string>(0)];
      const auto state = enum_from_name<JobState>(rows.get<std::string>(1));
      const auto count = rows.get<std::int64_t>(2);
      if (state == JobState::scheduled) of.scheduled += count;
      if (state == JobState::waiting) of.waiting += count;
      if (state == JobState::running) of.running += count;
      if (state == JobState::done) of.done += count;
      if (state == JobState::cancelled) of.cancelled += count;
      if (state == JobState::dead) of.dead += count;
      if (state != JobState::ready) continue;
      of.ready += count;
      const Timestamp oldest = rows.get<Timestamp>(3);
      if (!of.oldest_ready_at || oldest < *of.oldest_ready_at) of.oldest_ready_at = oldest;
    }
  }
  const UserId other = user.value_or(everyone);
  OMNICRM_ASSIGN(auto rows, storage::Query::run(
                                connection, "SELECT kind FROM job_pauses WHERE user_id = ? OR user_id = ?",
                                everyone, other));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) break;
    kinds[rows.get<std::string>(0)].paused = true;
  }
  std::vector<KindStats> result;
  result.reserve(kinds.size());
  for (auto& [name, of] : kinds) {
    of.kind = name;
    result.push_back(std::move(of));
  }
  return result;
}

Result<Job> cancel(storage::Connection& connection, UserId user, JobId id, Timestamp now) {
  OMNICRM_ASSIGN(const std::string state, hold(connection, user, id));
  if (state == "running") {
    OMNICRM_TRY(ask_cancel(connection, user, id));
  } else if (!has_ended(state)) {
    OMNICRM_ASSIGN(const Job job, get(connection, user, id));
    OMNICRM_TRY(cancel_waiting(connection, user, job, now));
    const std::pair<UserId, JobId> ended{user, id};
    OMNICRM_TRY(resolve(connection, std::span(&ended, 1), /*bad=*/true, now));
  }
  return get(connection, user, id);
}

Result<Job> retry(storage::Connection& connection, LineBounds& bounds, UserId user, JobId id, Timestamp now) {
  OMNICRM_ASSIGN(const std::string state, hold(connection, user, id));
  if (state != "dead" && state != "cancelled")
    return failure(ErrorCode::failed_precondition, "only a dead or cancelled job can be retried");
  OMNICRM_ASSIGN(const Job job, get(connection, user, id));
  OMNICRM_ASSIGN(const std::int64_t cost, take_key_again(connection, user, job, now));
  OMNICRM_TRY(
      storage::run(connection,
                   "UPDATE jobs SET ended = NULL, ended_at = NULL, attempt = NULL, started_at = NULL, "
                   "cancel_requested = NULL, run_at = ? WHERE user_id = ? AND id = ?",
                   now, user, id));
  // One that was cancelled in its chunk stands there still.
  OMNICRM_ASSIGN(
      const auto chunk,
      storage::query_one<JobId>(connection,
                                "SELECT last FROM job_ready WHERE user_id = ? AND first <= ? ORDER BY first "
                                "DESC LIMIT 1 FOR SHARE",
                                user, id));
  if (!chunk || *chunk < id)
    OMNICRM_TRY(put_in_line(connection, bounds, user, id, job.kind, job.priority, cost));
  return get(connection, user, id);
}

Result<void> remove(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_ASSIGN(const std::string state, hold(connection, user, id));
  OMNICRM_TRY(check_ended(state));
  OMNICRM_TRY(
      storage::run(connection, "DELETE FROM job_failures WHERE user_id = ? AND job_id = ?", user, id));
  OMNICRM_TRY(storage::run(connection, "DELETE FROM job_unique WHERE user_id = ? AND job_id = ?", user, id));
  return storage::run(connection, "DELETE FROM jobs WHERE user_id = ? AND id = ?", user, id);
}

Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                  Timestamp now) {
  // No claim takes one of them meanwhile.
  OMNICRM_TRY(storage::query_one<std::int64_t>(
      connection, "SELECT count(*) FROM (SELECT 1 FROM job_ready WHERE user_id = ? FOR SHARE) AS held",
      user));
  const JobId newest = last_id();
  std::vector<Job> jobs;
  {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(
                                  connection,
                                  "SELECT " OMNICRM_JOB_STATE
                                  " FROM omnicrm_jobs_of(?1, NULL, ?2, NULL, NULL, ?3, 1000000000) WHERE "
                                  "state IN ('ready', 'scheduled', 'waiting', 'running')",
                                  user, newest, batch));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      OMNICRM_ASSIGN(Job job, read(rows));
      jobs.push_back(std::move(job));
    }
  }
  std::vector<std::pair<UserId, JobId>> ended;
  for (const Job& job : jobs) {
    if (job.state == JobState::running) {
      OMNICRM_TRY(ask_cancel(connection, user, job.id));
    } else {
      OMNICRM_TRY(cancel_waiting(connection, user, job, now));
      ended.emplace_back(user, job.id);
    }
  }
  OMNICRM_TRY(resolve(connection, ended, /*bad=*/true, now));
  return static_cast<std::int64_t>(jobs.size());
}

Result<void> pause(storage::Connection& connection, std::optional<UserId> user, std::string_view kind,
                   Timestamp now) {
  const UserId whose = user.value_or(everyone);
  OMNICRM_TRY(storage::run(
      connection, "INSERT INTO job_pauses (user_id, kind, paused_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      whose, kind, now));
  if (!user) return {};
  // Claims leave a kind out, not a user: what of the user's is ready stands apart meanwhile.
  return storage::run(
      connection,
      "WITH gone AS (DELETE FROM job_ready WHERE user_id = ? AND kind = ? RETURNING *) "
      "INSERT INTO job_scheduled (user_id, id, due, priority, cost, attempt, kind, state, vt) "
      "SELECT j.user_id, j.id, NULL, g.priority, g.cost, g.attempt, g.kind, 'ready', g.vt "
      "FROM gone g JOIN jobs j ON j.user_id = g.user_id AND j.id BETWEEN g.first AND g.last "
      "WHERE j.ended IS NULL",
      *user, kind);
}

Result<void> resume(storage::Connection& connection, std::optional<UserId> user, std::string_view kind,
                    Timestamp now) {
  const UserId whose = user.value_or(everyone);
  OMNICRM_TRY(storage::run(connection, "DELETE FROM job_pauses WHERE user_id = ? AND kind = ?", whose, kind));
  if (!user) return {};
  return storage::run(
      connection,
      "UPDATE job_scheduled SET due = ? WHERE user_id = ? AND kind = ? AND state = 'ready' AND due IS "
      "NULL",
      now, *user, kind);
}

}  // namespace omnicrm::jobs::postgres
