// The endings of a round: what is usual in one statement, the rest job by job.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "jobs/postgres/pg_memory.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs::postgres {

/// Beats and closes. `lost` when the worker was declared dead: then nothing was written.
struct Closed {
  RunSummary summary;
  bool lost = false;
};
[[nodiscard]] Result<Closed> close(storage::Connection& connection, WorkerMemory& memory,
                                   const RoundCall& call, const RoundOrder& order);

/// Settles a round whose commit was never confirmed: which of its changes are there.
[[nodiscard]] Result<void> settle_open(storage::Connection& connection, WorkerMemory& memory, Timestamp now);

/// The handler's own transaction ends the job. False: the lease was lost.
[[nodiscard]] Result<bool> complete(storage::Connection& connection, const JobRow& row, const Json& result,
                                    Timestamp now);

/// Jobs have ended: those that wait for them hear of it.
[[nodiscard]] Result<void> resolve(storage::Connection& connection,
                                   std::span<const std::pair<UserId, JobId>> ended, bool bad, Timestamp now);

}  // namespace omnicrm::jobs::postgres
