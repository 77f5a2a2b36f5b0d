// Before- and after-images of rows that a batch changes: what undo and unmerge restore.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// One row's change within a batch. Images are the record's JSON; an absent `before` means that the row was
/// made, an absent `after` that it was removed.
struct RowChange {
  std::string table;
  Uuid row_id;
  std::optional<std::string> before;
  std::optional<std::string> after;
};

/// Appends the change to the unit's batch. Does nothing for a unit without one.
[[nodiscard]] Result<void> record_change(storage::Connection& connection, const Unit& unit,
                                         const RowChange& change);

/// Changes of a batch, last first, at most `limit`.
[[nodiscard]] Result<std::vector<RowChange>> changes_of(storage::Connection& connection, UserId user,
                                                        BatchId batch, std::int64_t limit);

}  // namespace omnicrm::repository
