#include "jobs/sqlite/endings.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/errors.hpp"
#include "jobs/sqlite/unique_keys.hpp"
#include "jobs/sqlite/waits.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

// Every outcome names (job, lease): a worker that lost its lease writes nothing (fencing). `state` and
// `lease_id` leave jobs_running, `finished_at` enters jobs_finished; no other index is touched.
constexpr char update_done[] =
    "UPDATE jobs SET state = 'done', lease_id = NULL, result = ?, finished_at = ? "
    "WHERE user_id = ? AND seq = ? AND lease_id = ? AND state = 'running'";
constexpr char select_cancel_requested[] =
    "SELECT cancel_requested FROM jobs WHERE user_id = ? AND seq = ? AND lease_id = ? AND state = 'running'";

/// The endings of one round.
class Round {
 public:
  Round(storage::Connection& connection, Timestamp now) : connection_(connection), now_(now) {}

  Result<RunSummary> write(std::span<const Ending> endings) {
    for (const Ending& ending : endings) {
      if (ending.progress) OMNICRM_TRY(write_progress(connection_, ending.row, *ending.progress));
      if (ending.how != Ending::How::done) {
        OMNICRM_TRY(write_other(ending));
        continue;
      }
      OMNICRM_ASSIGN(const bool written, write_done(ending.row, ending.result));
      if (written || ending.marked_done) ++summary_.done;
    }
    OMNICRM_TRY(settle(connection_, ended_, now_));
    OMNICRM_TRY(remove_empty_leases(endings));
    return summary_;
  }

  Result<bool> write_done(const JobRow& row, const Json& result) {
    OMNICRM_ASSIGN(const std::int64_t changed, storage::execute(connection_, update_done, result, now_,
                                                                row.user, row.seq, row.job.lease_id));
    if (changed == 0) return false;
    OMNICRM_TRY(release_key(connection_, row.user, row.job, now_));
    ended_.push_back({row.user, row.job.id, row.job.batch_id, JobState::done});
    return true;
  }

  Result<void> settle_all() { return settle(connection_, ended_, now_); }

 private:
  Result<void> end(const JobRow& row, JobState state, const std::string& error) {
    OMNICRM_TRY(write_end(connection_, row, state, error, now_));
    ended_.push_back({row.user, row.job.id, row.job.batch_id, state});
    return {};
  }

  /// All but the fast path of a job that is done.
  Result<void> write_other(const Ending& ending) {
    OMNICRM_ASSIGN(const auto cancel_requested,
                   storage::query_one<bool>(connection_, select_cancel_requested, ending.row.user,
                                            ending.row.seq, ending.row.job.lease_id));
    if (!cancel_requested) {  // the lease was lost, or the handler's transaction ended the job
      if (ending.marked_done) ++summary_.done;
      return {};
    }
    if (ending.how == Ending::How::failed) return write_failed(ending, *cancel_requested);
    if (*cancel_requested) return end(ending.row, JobState::cancelled, ending.row.job.error.text);
    if (ending.how == Ending::How::snoozed) {
      ++summary_.snoozed;
      return snooze(ending);
    }
    ++summary_.given_back;
    return give_back(ending);
  }

  Result<void> write_failed(const Ending& ending, bool cancelled) {
    const Job& job = ending.row.job;
    const std::string error = error_json(ending.error);
    OMNICRM_TRY(write_failure(connection_, ending.row, error, now_));
    if (cancelled) return end(ending.row, JobState::cancelled, error);
    ++summary_.failed;
    if (ending.error.retryable && job.attempt < job.max_attempts) return retry_later(ending, error);
    ++summary_.dead;
    return end(ending.row, JobState::dead, error);
  }

  Result<void> snooze(const Ending& ending) {
    // Costs no attempt; its next turn counts when it is due (virtual_time holds the cost until then).
    const Timestamp run_at = now_ + ending.delay;
    return storage::run(connection_,
                        "UPDATE jobs SET state = 'scheduled', lease_id = NULL, attempt = attempt - 1, "
                        "virtual_time = 1, run_at = ? WHERE user_id = ? AND seq = ?",
                        run_at, ending.row.user, ending.row.seq);
  }

  Result<void> give_back(const Ending& ending) {
    // Its place in the line is the one it had.
    return storage::run(
        connection_,
        "UPDATE jobs SET state = 'ready', lease_id = NULL, attempt = attempt - 1, "
        "started_at = CASE WHEN attempt > 1 THEN started_at END WHERE user_id = ? AND seq = ?",
        ending.row.user, ending.row.seq);
  }

  Result<void> retry_later(const Ending& ending, const std::string& error) {
    const Timestamp run_at = now_ + ending.delay;
    return storage::run(connection_,
                        "UPDATE jobs SET state = 'scheduled', lease_id = NULL, virtual_time = 1, run_at = ?, "
                        "error = ? WHERE user_id = ? AND seq = ?",
                        run_at, error, ending.row.user, ending.row.seq);
  }

  Result<void> remove_empty_leases(std::span<const Ending> endings) {
    std::vector<LeaseId> leases;
    for (const Ending& ending : endings) {
      if (leases.empty() || leases.back() != *ending.row.job.lease_id)
        leases.push_back(*ending.row.job.lease_id);
    }
    std::sort(leases.begin(), leases.end());
    leases.erase(std::unique(leases.begin(), leases.end()), leases.end());
    for (const LeaseId& lease : leases) {
      OMNICRM_TRY(storage::run(connection_,
                               "DELETE FROM job_leases WHERE id = ?1 AND NOT EXISTS "
                               "(SELECT 1 FROM jobs WHERE state = 'running' AND lease_id = ?1)",
                               lease));
    }
    return {};
  }

  storage::Connection& connection_;
  Timestamp now_;
  RunSummary summary_;
  std::vector<Ended> ended_;
};

}  // namespace

Result<RunSummary> write_endings(storage::Connection& connection, std::span<const Ending> endings,
                                 Timestamp now) {
  return Round(connection, now).write(endings);
}

Result<bool> complete(storage::Connection& connection, const JobRow& row, const Json& result, Timestamp now) {
  Round round(connection, now);
  OMNICRM_ASSIGN(const bool written, round.write_done(row, result));
  OMNICRM_TRY(round.settle_all());
  return written;
}

Result<void> write_progress(storage::Connection& connection, const JobRow& row, const Progress& progress) {
  return storage::run(connection,
                      "UPDATE jobs SET progress_done = ?, progress_total = ?, progress_note = ? "
                      "WHERE user_id = ? AND seq = ? AND lease_id = ? AND state = 'running'",
                      progress.done, progress.total, progress.note, row.user, row.seq, row.job.lease_id);
}

Result<void> write_failure(storage::Connection& connection, const JobRow& row, const std::string& error,
                           Timestamp now) {
  // A job that was retried by hand counts its attempts afresh: the newer evidence replaces the older.
  return storage::run(connection,
                      "INSERT INTO job_failures (user_id, job_id, attempt, at, error) VALUES (?, ?, ?, ?, ?) "
                      "ON CONFLICT (user_id, job_id, attempt) DO UPDATE SET at = excluded.at, "
                      "error = excluded.error",
                      row.user, row.job.id, row.job.attempt, now, error);
}

}  // namespace omnicrm::jobs::sqlite
