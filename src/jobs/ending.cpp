#include "jobs/ending.hpp"

#include <algorithm>
#include <vector>

#include "core/errors.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/fair.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

// Every outcome names (job, lease): a worker that lost its lease writes nothing (fencing). `state` and
// `lease_id` leave jobs_running, `finished_at` enters jobs_finished; no other index is touched.
constexpr char update_done[] =
    "UPDATE jobs SET state = 'done', lease_id = NULL, result = ?, finished_at = ? "
    "WHERE user_id = ? AND seq = ? AND lease_id = ? AND state = 'running'";
constexpr char select_cancel_requested[] =
    "SELECT cancel_requested FROM jobs WHERE user_id = ? AND seq = ? AND lease_id = ? AND state = 'running'";

Result<void> snooze(storage::Connection& connection, const Ending& ending, Timestamp now) {
  // Costs no attempt; its next turn counts when it is due (virtual_time holds the cost until then).
  const Timestamp run_at = now + ending.delay;
  OMNICRM_TRY(storage::run(connection,
                           "UPDATE jobs SET state = 'scheduled', lease_id = NULL, attempt = attempt - 1, "
                           "virtual_time = 1, run_at = ? WHERE user_id = ? AND seq = ?",
                           run_at, ending.row.user, ending.row.seq));
  return {};
}

Result<void> give_back(storage::Connection& connection, const Ending& ending) {
  // Its place in the line is the one it had.
  OMNICRM_TRY(
      storage::run(connection,
                   "UPDATE jobs SET state = 'ready', lease_id = NULL, attempt = attempt - 1, "
                   "started_at = CASE WHEN attempt > 1 THEN started_at END WHERE user_id = ? AND seq = ?",
                   ending.row.user, ending.row.seq));
  return {};
}

Result<void> retry_later(storage::Connection& connection, const Ending& ending, const std::string& error,
                         Timestamp now) {
  const Timestamp run_at = now + ending.delay;
  OMNICRM_TRY(
      storage::run(connection,
                   "UPDATE jobs SET state = 'scheduled', lease_id = NULL, virtual_time = 1, run_at = ?, "
                   "error = ? WHERE user_id = ? AND seq = ?",
                   run_at, error, ending.row.user, ending.row.seq));
  return {};
}

Result<void> write_failed(storage::Connection& connection, const Ending& ending, bool cancelled,
                          Timestamp now, RunSummary& summary) {
  const Job& job = ending.row.job;
  const std::string error = error_json(ending.error);
  OMNICRM_TRY(write_failure(connection, ending.row, error, now));
  if (cancelled) return write_end(connection, ending.row, JobState::cancelled, error, now);
  ++summary.failed;
  if (ending.error.retryable && job.attempt < job.max_attempts)
    return retry_later(connection, ending, error, now);
  ++summary.dead;
  return write_end(connection, ending.row, JobState::dead, error, now);
}

/// All but the fast path of a job that is done.
Result<void> write_other(storage::Connection& connection, const Ending& ending, Timestamp now,
                         RunSummary& summary) {
  OMNICRM_ASSIGN(const auto cancel_requested,
                 storage::query_one<bool>(connection, select_cancel_requested, ending.row.user,
                                          ending.row.seq, ending.row.job.lease_id));
  if (!cancel_requested) {  // the lease was lost, or the handler's transaction ended the job
    if (ending.marked_done) ++summary.done;
    return {};
  }
  if (ending.how == Ending::How::failed)
    return write_failed(connection, ending, *cancel_requested, now, summary);
  if (*cancel_requested) {
    return write_end(connection, ending.row, JobState::cancelled, ending.row.job.error.text, now);
  }
  if (ending.how == Ending::How::snoozed) {
    ++summary.snoozed;
    return snooze(connection, ending, now);
  }
  ++summary.given_back;
  return give_back(connection, ending);
}

Result<void> remove_empty_leases(storage::Connection& connection, std::span<const Ending> endings) {
  std::vector<LeaseId> leases;
  for (const Ending& ending : endings) {
    if (leases.empty() || leases.back() != *ending.row.job.lease_id)
      leases.push_back(*ending.row.job.lease_id);
  }
  std::sort(leases.begin(), leases.end());
  leases.erase(std::unique(leases.begin(), leases.end()), leases.end());
  for (const LeaseId& lease : leases) {
    OMNICRM_TRY(storage::run(connection,
                             "DELETE FROM job_leases WHERE id = ?1 AND NOT EXISTS "
                             "(SELECT 1 FROM jobs WHERE state = 'running' AND lease_id = ?1)",
                             lease));
  }
  return {};
}

}  // namespace

Result<RunSummary> write_endings(storage::Connection& connection, std::span<const Ending> endings,
                                 Timestamp now) {
  RunSummary summary;
  for (const Ending& ending : endings) {
    if (ending.progress) OMNICRM_TRY(write_progress(connection, ending.row, *ending.progress));
    if (ending.how != Ending::How::done) {
      OMNICRM_TRY(write_other(connection, ending, now, summary));
      continue;
    }
    OMNICRM_ASSIGN(const bool written, write_done(connection, ending.row, ending.result, now));
    if (written || ending.marked_done) ++summary.done;
  }
  OMNICRM_TRY(remove_empty_leases(connection, endings));
  return summary;
}

Result<bool> write_done(storage::Connection& connection, const JobRow& row, const Json& result,
                        Timestamp now) {
  OMNICRM_ASSIGN(const std::int64_t changed,
                 storage::execute(connection, update_done, result, now, row.user, row.seq, row.job.lease_id));
  if (changed == 0) return false;
  OMNICRM_TRY(release_key(connection, row.user, row.job));
  return true;
}

Result<bool> write_progress(storage::Connection& connection, const JobRow& row, const Progress& progress) {
  OMNICRM_ASSIGN(
      const std::int64_t changed,
      storage::execute(connection,
                       "UPDATE jobs SET progress_done = ?, progress_total = ?, progress_note = ? "
                       "WHERE user_id = ? AND seq = ? AND lease_id = ? AND state = 'running'",
                       progress.done, progress.total, progress.note, row.user, row.seq, row.job.lease_id));
  return changed > 0;
}

Result<void> write_failure(storage::Connection& connection, const JobRow& row, const std::string& error,
                           Timestamp now) {
  // A job that was retried by hand counts its attempts afresh: the newer evidence replaces the older.
  OMNICRM_TRY(
      storage::run(connection,
                   "INSERT INTO job_failures (user_id, job_id, attempt, at, error) VALUES (?, ?, ?, ?, ?) "
                   "ON CONFLICT (user_id, job_id, attempt) DO UPDATE SET at = excluded.at, "
                   "error = excluded.error",
                   row.user, row.job.id, row.job.attempt, now, error));
  return {};
}

Result<void> write_end(storage::Connection& connection, const JobRow& row, JobState state,
                       const std::string& error, Timestamp now) {
  const std::string_view name = enum_name(state);
  OMNICRM_TRY(storage::run(
      connection,
      "UPDATE jobs SET state = ?, lease_id = NULL, error = ?, finished_at = ? WHERE user_id = ? AND seq = ?",
      name, error, now, row.user, row.seq));
  return release_key(connection, row.user, row.job);
}

}  // namespace omnicrm::jobs
