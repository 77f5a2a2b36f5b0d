// Taking a batch's rows back, a bounded number at a time.
#pragma once

#include <array>
#include <cstdint>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Takes back at most `limit` rows of a batch in the caller's transaction; gives their number, 0 when none is
/// left.
using UndoStep = Result<std::int64_t> (*)(storage::Connection& connection, const Unit& unit, BatchId batch,
                                          std::int64_t limit);

/// Changed rows get their old values back, last change first.
[[nodiscard]] Result<std::int64_t> undo_changes(storage::Connection& connection, const Unit& unit,
                                                BatchId batch, std::int64_t limit);
[[nodiscard]] Result<std::int64_t> undo_interactions(storage::Connection& connection, const Unit& unit,
                                                     BatchId batch, std::int64_t limit);
[[nodiscard]] Result<std::int64_t> undo_contact_tags(storage::Connection& connection, const Unit& unit,
                                                     BatchId batch, std::int64_t limit);
/// A contact that the user has worked with since (edited, tagged, tasks, notes, later mail, a merge) stays,
/// and belongs to no batch any more.
[[nodiscard]] Result<std::int64_t> undo_contacts(storage::Connection& connection, const Unit& unit,
                                                 BatchId batch, std::int64_t limit);
/// An organization that contacts still belong to stays.
[[nodiscard]] Result<std::int64_t> undo_organizations(storage::Connection& connection, const Unit& unit,
                                                      BatchId batch, std::int64_t limit);
[[nodiscard]] Result<std::int64_t> undo_tags(storage::Connection& connection, const Unit& unit, BatchId batch,
                                             std::int64_t limit);
/// Raw events, cursors and decisions: what nothing stands on any more.
[[nodiscard]] Result<std::int64_t> undo_sources(storage::Connection& connection, const Unit& unit,
                                                BatchId batch, std::int64_t limit);

/// In the order that undo takes them: what the batch made goes before old values come back, because a new
/// contact may hold an address that an old one is to have again.
inline constexpr std::array<UndoStep, 7> undo_steps = {undo_interactions, undo_contact_tags,  undo_contacts,
                                                       undo_changes,      undo_organizations, undo_tags,
                                                       undo_sources};

}  // namespace omnicrm::repository
