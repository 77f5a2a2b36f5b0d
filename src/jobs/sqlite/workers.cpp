#include "jobs/sqlite/workers.hpp"

#include <string>
#include <utility>

#include "core/errors.hpp"
#include "jobs/poison.hpp"
#include "jobs/process.hpp"
#include "jobs/sqlite/endings.hpp"
#include "jobs/sqlite/rows.hpp"
#include "jobs/sqlite/waits.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

Result<std::vector<LeaseId>> leases_of(storage::Connection& connection, WorkerId worker) {
  std::vector<LeaseId> leases;
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection, "SELECT id FROM job_leases WHERE worker_id = ?", worker));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return leases;
    leases.push_back(rows.get<LeaseId>(0));
  }
}

Result<std::vector<JobRow>> jobs_under(storage::Connection& connection, const LeaseId& lease) {
  std::vector<JobRow> jobs;
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection,
                                                "SELECT " OMNICRM_SQLITE_JOB
                                                " FROM jobs WHERE state = 'running' AND lease_id = ?",
                                                lease));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return jobs;
    OMNICRM_ASSIGN(JobRow row, read_row(rows));
    jobs.push_back(std::move(row));
  }
}

/// How many of the job's starts ended with their worker.
Result<std::int64_t> lost_starts(storage::Connection& connection, const JobRow& row) {
  std::int64_t lost = 0;
  OMNICRM_ASSIGN(
      auto rows,
      storage::Query::run(connection,
                          "SELECT error FROM job_failures WHERE user_id = ? AND job_id = ? AND attempt <= ?",
                          row.user, row.job.id, row.job.attempt));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return lost;
    if (is_lost_start(rows.get<std::string>(0))) ++lost;
  }
}

/// The state that it has ended in, if it has.
Result<std::optional<JobState>> take_back(storage::Connection& connection, const JobRow& row,
                                          const Worker& dead, Timestamp now) {
  const std::string error = error_json(lost_start(dead.name));
  OMNICRM_TRY(write_failure(connection, row, error, now));
  if (row.job.cancel_requested) {
    OMNICRM_TRY(write_end(connection, row, JobState::cancelled, error, now));
    return std::optional(JobState::cancelled);
  }
  if (row.job.attempt >= row.job.max_attempts) {
    OMNICRM_ASSIGN(const std::int64_t lost, lost_starts(connection, row));
    const std::string poison = error_json(poisoned(dead.name, lost, row.job.attempt));
    OMNICRM_TRY(write_end(connection, row, JobState::dead, poison, now));
    return std::optional(JobState::dead);
  }
  OMNICRM_TRY(storage::run(
      connection, "UPDATE jobs SET state = 'ready', lease_id = NULL, error = ? WHERE user_id = ? AND seq = ?",
      error, row.user, row.seq));
  return std::optional<JobState>();
}

}  // namespace

Result<void> register_worker(storage::Connection& connection, const Worker& worker) {
  return storage::run(connection,
                      "INSERT INTO workers (id, name, started_at, heartbeat_at) VALUES (?, ?, ?, ?)",
                      worker.id, worker.name, worker.heartbeat_at, worker.heartbeat_at);
}

Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp heartbeat) {
  OMNICRM_ASSIGN(
      const std::int64_t changed,
      storage::execute(connection, "UPDATE workers SET heartbeat_at = ? WHERE id = ?", heartbeat, worker));
  return changed > 0;
}

Result<void> retire(storage::Connection& connection, WorkerId worker) {
  return storage::run(connection,
                      "DELETE FROM workers WHERE id = ?1 AND NOT EXISTS "
                      "(SELECT 1 FROM job_leases WHERE worker_id = ?1)",
                      worker);
}

Result<std::vector<Worker>> dead_workers(storage::Connection& connection, const RoundCall& call) {
  std::vector<Worker> dead;
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection, "SELECT id, name, heartbeat_at FROM workers WHERE id <> ?",
                                     call.self.id));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return dead;
    Worker worker{rows.get<WorkerId>(0), rows.get<std::string>(1), rows.get<Timestamp>(2)};
    const bool by_age = call.judge_by_age && worker.heartbeat_at < call.now - call.lease_time;
    if (by_age || provably_dead(worker.name)) dead.push_back(std::move(worker));
  }
}

Result<std::int64_t> recover(storage::Connection& connection, const Worker& dead, Timestamp now) {
  OMNICRM_ASSIGN(const std::int64_t removed,
                 storage::execute(connection, "DELETE FROM workers WHERE id = ? AND heartbeat_at = ?",
                                  dead.id, dead.heartbeat_at));
  if (removed == 0) return 0;
  std::int64_t taken = 0;
  std::vector<Ended> ended;
  OMNICRM_ASSIGN(const auto leases, leases_of(connection, dead.id));
  for (const LeaseId& lease : leases) {
    OMNICRM_ASSIGN(const auto jobs, jobs_under(connection, lease));
    for (const JobRow& row : jobs) {
      OMNICRM_ASSIGN(const auto state, take_back(connection, row, dead, now));
      if (state) ended.push_back({row.user, row.job.id, row.job.batch_id, *state});
    }
    taken += static_cast<std::int64_t>(jobs.size());
    OMNICRM_TRY(storage::run(connection, "DELETE FROM job_leases WHERE id = ?", lease));
  }
  OMNICRM_TRY(settle(connection, ended, now));
  return taken;
}

}  // namespace omnicrm::jobs::sqlite
