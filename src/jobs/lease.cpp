#include "jobs/lease.hpp"

#include <utility>

#include "core/errors.hpp"
#include "jobs/ending.hpp"
#include "jobs/process.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
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
                                                "SELECT " OMNICRM_JOB_COLUMNS
                                                " FROM jobs WHERE state = 'running' AND lease_id = ?",
                                                lease));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return jobs;
    OMNICRM_ASSIGN(JobRow row, read_job(rows));
    jobs.push_back(std::move(row));
  }
}

Result<void> take_back(storage::Connection& connection, const JobRow& row, const std::string& error,
                       Timestamp now) {
  OMNICRM_TRY(write_failure(connection, row, error, now));
  if (row.job.cancel_requested) return write_end(connection, row, JobState::cancelled, error, now);
  if (row.job.attempt >= row.job.max_attempts) return write_end(connection, row, JobState::dead, error, now);
  OMNICRM_TRY(storage::run(
      connection, "UPDATE jobs SET state = 'ready', lease_id = NULL, error = ? WHERE user_id = ? AND seq = ?",
      error, row.user, row.seq));
  return {};
}

}  // namespace

Result<void> register_worker(storage::Connection& connection, const Worker& worker) {
  OMNICRM_TRY(storage::run(connection,
                           "INSERT INTO workers (id, name, started_at, heartbeat_at) VALUES (?, ?, ?, ?)",
                           worker.id, worker.name, worker.heartbeat_at, worker.heartbeat_at));
  return {};
}

Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp now) {
  OMNICRM_ASSIGN(
      const std::int64_t changed,
      storage::execute(connection, "UPDATE workers SET heartbeat_at = ? WHERE id = ?", now, worker));
  return changed > 0;
}

Result<void> retire(storage::Connection& connection, WorkerId worker) {
  OMNICRM_TRY(storage::run(connection,
                           "DELETE FROM workers WHERE id = ?1 AND NOT EXISTS "
                           "(SELECT 1 FROM job_leases WHERE worker_id = ?1)",
                           worker));
  return {};
}

Result<std::vector<Worker>> dead_workers(storage::Connection& connection, WorkerId self, Timestamp now,
                                         std::chrono::milliseconds lease, bool by_age) {
  std::vector<Worker> dead;
  OMNICRM_ASSIGN(
      auto rows,
      storage::Query::run(connection, "SELECT id, name, heartbeat_at FROM workers WHERE id <> ?", self));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return dead;
    Worker worker{rows.get<WorkerId>(0), rows.get<std::string>(1), rows.get<Timestamp>(2)};
    if ((by_age && worker.heartbeat_at < now - lease) || provably_dead(worker.name))
      dead.push_back(std::move(worker));
  }
}

Result<std::int64_t> recover(storage::Connection& connection, const Worker& dead, Timestamp now) {
  OMNICRM_ASSIGN(const std::int64_t removed,
                 storage::execute(connection, "DELETE FROM workers WHERE id = ? AND heartbeat_at = ?",
                                  dead.id, dead.heartbeat_at));
  if (removed == 0) return 0;
  const std::string error = error_json(
      {ErrorCode::unavailable, "the worker " + dead.name + " ended while it held the job", {}, true, false});
  std::int64_t taken = 0;
  OMNICRM_ASSIGN(const auto leases, leases_of(connection, dead.id));
  for (const LeaseId& lease : leases) {
    OMNICRM_ASSIGN(const auto jobs, jobs_under(connection, lease));
    for (const JobRow& row : jobs) OMNICRM_TRY(take_back(connection, row, error, now));
    taken += static_cast<std::int64_t>(jobs.size());
    OMNICRM_TRY(storage::run(connection, "DELETE FROM job_leases WHERE id = ?", lease));
  }
  return taken;
}

}  // namespace omnicrm::jobs
