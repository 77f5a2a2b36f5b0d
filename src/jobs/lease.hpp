// Workers, their heartbeats, and what happens to the jobs of a dead one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs {

struct Worker {
  WorkerId id;
  std::string name;
  Timestamp heartbeat_at{};
};

[[nodiscard]] Result<void> register_worker(storage::Connection& connection, const Worker& worker);
/// Says that the worker lives. False: somebody has declared it dead; its leases are gone.
[[nodiscard]] Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp now);
/// The worker ended in order and holds nothing.
[[nodiscard]] Result<void> retire(storage::Connection& connection, WorkerId worker);

/// Workers other than `self` whose heartbeat is older than `lease`, or (whatever its age) whose process has
/// provably ended on this machine. `by_age` false: only the provable ones.
[[nodiscard]] Result<std::vector<Worker>> dead_workers(storage::Connection& connection, WorkerId self,
                                                       Timestamp now, std::chrono::milliseconds lease,
                                                       bool by_age);
/// Takes a dead worker's jobs back: each start that ended this way is one failed attempt with its evidence;
/// the job is ready at its old place, or dead after its last attempt, or cancelled if that was asked. Writes
/// nothing if the worker was heard of since.
[[nodiscard]] Result<std::int64_t> recover(storage::Connection& connection, const Worker& dead,
                                           Timestamp now);

}  // namespace omnicrm::jobs
