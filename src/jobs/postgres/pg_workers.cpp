#include "jobs/postgres/pg_workers.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "jobs/poison.hpp"
#include "jobs/process.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::postgres {

Result<void> register_worker(storage::Connection& connection, const Worker& worker) {
  return storage::run(connection,
                      "INSERT INTO workers (id, name, started_at, heartbeat_at) VALUES (?, ?, ?3, ?3)",
                      worker.id, worker.name, worker.heartbeat_at);
}

Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp heartbeat) {
  OMNICRM_ASSIGN(
      const std::int64_t changed,
      storage::execute(connection, "UPDATE workers SET heartbeat_at = ? WHERE id = ?", heartbeat, worker));
  return changed > 0;
}

Result<void> retire(storage::Connection& connection, WorkerId worker) {
  return storage::run(
      connection,
      "DELETE FROM workers WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM job_leases WHERE worker_id = ?1)",
      worker);
}

Result<std::vector<Worker>> dead_workers(storage::Connection& connection, const RoundCall& call,
                                         WorkerId self) {
  std::vector<Worker> dead;
  OMNICRM_ASSIGN(
      auto rows,
      storage::Query::run(connection, "SELECT id, name, heartbeat_at FROM workers WHERE id <> ?", self));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return dead;
    Worker worker{rows.get<WorkerId>(0), rows.get<std::string>(1), rows.get<Timestamp>(2)};
    const bool late = call.judge_by_age && worker.heartbeat_at < call.now - call.lease_time;
    if (late || provably_dead(worker.name)) dead.push_back(std::move(worker));
  }
}

Result<std::int64_t> recover(storage::Connection& connection, const Worker& dead, Timestamp now) {
  const std::string reason = error_json(lost_start(dead.name));
  OMNICRM_ASSIGN(const auto taken,
                 storage::query_one<std::int64_t>(connection, "SELECT job_recover(?, ?, ?, NULL, ?)", now,
                                                  dead.id, dead.heartbeat_at, reason));
  if (taken.value_or(0) <= 0) return 0;
  // Those that ended so for good say how many of their starts did.
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection,
                                     "SELECT user_id, id, attempt FROM jobs WHERE ended_at = ? AND ended = "
                                     "'dead' AND error = ?",
                                     now, reason));
  std::vector<std::tuple<UserId, JobId, std::int64_t>> ended;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) break;
    ended.emplace_back(rows.get<UserId>(0), rows.get<JobId>(1), rows.get<std::int64_t>(2));
  }
  for (const auto& [user, job, attempt] : ended) {
    std::int64_t lost = 0;
    OMNICRM_ASSIGN(auto evidence,
                   storage::Query::run(connection,
                                       "SELECT error FROM job_failures WHERE user_id = ? AND job_id = ? AND "
                                       "attempt <= ?",
                                       user, job, attempt));
    while (true) {
      OMNICRM_ASSIGN(const bool more, evidence.next());
      if (!more) break;
      lost += is_lost_start(evidence.get<std::string>(0)) ? 1 : 0;
    }
    const std::string error = error_json(poisoned(dead.name, lost, attempt));
    OMNICRM_TRY(
        storage::run(connection, "UPDATE jobs SET error = ? WHERE user_id = ? AND id = ?", error, user, job));
  }
  return *taken;
}

Result<std::int64_t> take_strays(storage::Connection& connection, const WorkerMemory& memory, WorkerId worker,
                                 Timestamp now) {
  std::vector<LeaseId> strays;
  {
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(connection, "SELECT id FROM job_leases WHERE worker_id = ?", worker));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      const auto id = rows.get<LeaseId>(0);
      if (!memory.leases.contains(id)) strays.push_back(id);
    }
  }
  std::int64_t taken = 0;
  for (const LeaseId& id : strays) {
    OMNICRM_ASSIGN(const auto jobs, storage::query_one<std::int64_t>(
                                        connection, "SELECT job_recover(?, ?, 0, ?, NULL)", now, worker, id));
    taken += jobs.value_or(0);
  }
  return taken;
}

}  // namespace omnicrm::jobs::postgres
