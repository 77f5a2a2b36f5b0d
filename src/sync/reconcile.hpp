// Is everything here that the source names?
#pragma once

#include <stop_token>

#include <omnicrm/sync/sync_service.hpp>

#include "repository/unit.hpp"
#include "sync/parts.hpp"

namespace omnicrm::sync {

/// Reads all ids of the batch's source again and looks up where each stands.
[[nodiscard]] Result<Reconciliation> reconcile_batch(const Parts& parts, const repository::Unit& unit,
                                                     BatchId id, std::stop_token stop);

}  // namespace omnicrm::sync
