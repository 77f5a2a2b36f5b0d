// One number for all data of a user.
#pragma once

#include <string>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::repository {

/// SHA-256, in hex, over every row of the user's data, in the order of the keys: contacts, organizations,
/// timeline, raw events, labels, tasks, cursors, suppressions, settings. Without what only grows (audit log),
/// what tells the story of syncs and jobs, and places inside of full-text indexes.
[[nodiscard]] Result<std::string> state_digest(storage::Connection& connection, UserId user);

}  // namespace omnicrm::repository
