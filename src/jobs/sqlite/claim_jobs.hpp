// Who runs what: due jobs become ready, ready jobs become a worker's.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "jobs/claim.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs::sqlite {

/// Moves scheduled jobs whose time has come into the line, at most some hundreds in one call; their fair turn
/// counts from now.
[[nodiscard]] Result<void> promote_due(storage::Connection& connection, Timestamp now);

/// Claims under one new lease, `call.lease`. An empty claim makes no lease.
[[nodiscard]] Result<Claim> claim_jobs(storage::Connection& connection, const RoundCall& call,
                                       WorkerId worker, const RoundOrder& order);

/// What there is of some kinds (a JSON array), without the dead workers.
[[nodiscard]] Result<Glance> glance_at(storage::Connection& connection, const std::string& kinds,
                                       Timestamp now);

}  // namespace omnicrm::jobs::sqlite
