// What another contact policy would make of the mail that is here.
#pragma once

#include <omnicrm/sync/sync_service.hpp>

#include "repository/unit.hpp"

namespace omnicrm::sync {

/// Runs the contact rules over the stored timeline; writes nothing.
[[nodiscard]] Result<PolicyDryRun> dry_run_policy(const repository::Unit& unit, ContactPolicy policy);

}  // namespace omnicrm::sync
