// Workers, their heartbeats, and what happens to the jobs of a dead one.
#pragma once

#include <cstdint>
#include <vector>

#include "jobs/store.hpp"

namespace omnicrm::jobs::sqlite {

[[nodiscard]] Result<void> register_worker(storage::Connection& connection, const Worker& worker);
/// Says that the worker lives. False: somebody has declared it dead; its leases are gone.
[[nodiscard]] Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp heartbeat);
/// The worker ended in order and holds nothing.
[[nodiscard]] Result<void> retire(storage::Connection& connection, WorkerId worker);

/// Workers other than `call.self` whose heartbeat is older than the lease's time, or (whatever its age) whose
/// process has provably ended on this machine.
[[nodiscard]] Result<std::vector<Worker>> dead_workers(storage::Connection& connection,
                                                       const RoundCall& call);
/// Takes a dead worker's jobs back: each start that ended this way is one failed attempt with its evidence;
/// the job is ready at its old place, or dead after its last attempt, or cancelled if that was asked. Writes
/// nothing if the worker was heard of since.
[[nodiscard]] Result<std::int64_t> recover(storage::Connection& connection, const Worker& dead,
                                           Timestamp now);

}  // namespace omnicrm::jobs::sqlite
