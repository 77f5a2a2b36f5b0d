// Taking a batch's change of one row back, and leaving alone what changed since.
#pragma once

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/batch_changes.hpp"
#include "repository/unit.hpp"

namespace omnicrm::repository {

/// A field goes back to `before` only when it still is what `after` says. Lists and JSON objects are compared
/// entry by entry. Pure.
[[nodiscard]] Contact three_way(const Contact& current, const Contact& before, const Contact& after);

/// Takes back a change of contacts, organizations, tasks, contact_tags or interaction_participants (those
/// that merges and imports of contacts record); `unit` should have no batch. A row that nothing touched since
/// becomes exactly its before-image when `exact`, version and time included; else it gets the next version. A
/// row that is gone stays gone. Walk a batch's changes last first, after erasing the contacts it made.
/// Errors: `unsupported` (another table), `data_loss` (a damaged image).
[[nodiscard]] Result<void> restore_change(storage::Connection& connection, const Unit& unit,
                                          const RowChange& change, bool exact);

}  // namespace omnicrm::repository
