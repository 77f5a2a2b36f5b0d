// Which addresses are the user's own.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <omnicrm/model/sync.hpp>

#include "repository/unit.hpp"
#include "sync/parts.hpp"

namespace omnicrm::sync {

/// The source's list and the setting `user.addresses`, normalized; when both are empty, what the mail itself
/// says: who wrote the messages in Sent folders, and where messages were delivered to.
[[nodiscard]] Result<std::vector<std::string>> owner_addresses(const Parts& parts,
                                                               const repository::Unit& unit,
                                                               const SyncSource& wanted, Source& source,
                                                               const std::vector<PlanFile>& files,
                                                               std::stop_token stop);

}  // namespace omnicrm::sync
