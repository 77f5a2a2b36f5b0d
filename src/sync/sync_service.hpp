// How the wiring makes a user's sync.
#pragma once

#include <memory>

#include <omnicrm/jobs/queue.hpp>
#include <omnicrm/sync/sync_service.hpp>

#include "repository/unit.hpp"
#include "sync/parts.hpp"

namespace omnicrm::sync {

[[nodiscard]] std::unique_ptr<SyncService> make_sync_service(std::shared_ptr<const Parts> parts,
                                                             repository::Unit unit,
                                                             std::shared_ptr<jobs::Jobs> jobs);

}  // namespace omnicrm::sync
