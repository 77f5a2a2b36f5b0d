// Workers, their heartbeats, and the return of what the dead held.
#pragma once

#include <cstdint>
#include <vector>

#include "jobs/postgres/pg_memory.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs::postgres {

[[nodiscard]] Result<void> register_worker(storage::Connection& connection, const Worker& worker);
/// False: somebody has declared the worker dead.
[[nodiscard]] Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp heartbeat);
/// Its row goes if it holds nothing.
[[nodiscard]] Result<void> retire(storage::Connection& connection, WorkerId worker);

/// Workers other than `self` whose heartbeat is too old, or whose process has provably ended.
[[nodiscard]] Result<std::vector<Worker>> dead_workers(storage::Connection& connection, const RoundCall& call,
                                                       WorkerId self);
/// Takes back what a dead worker held. Nothing is done to one that was heard of since.
[[nodiscard]] Result<std::int64_t> recover(storage::Connection& connection, const Worker& dead,
                                           Timestamp now);
/// Leases that the worker holds in the tables and does not know of: their claims' answers were lost.
[[nodiscard]] Result<std::int64_t> take_strays(storage::Connection& connection, const WorkerMemory& memory,
                                               WorkerId worker, Timestamp now);

}  // namespace omnicrm::jobs::postgres
