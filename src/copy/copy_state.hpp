// How far a copy is, kept in the target: one settings row of the nil user, written together with the rows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <omnicrm/copy.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/row_block.hpp"
#include "copy/row_sum.hpp"

namespace omnicrm::copy {

/// The setting's name. No session writes it: the nil user is nobody's.
inline constexpr std::string_view state_name = "omnicrm.copy";

struct CopyState {
  /// Which database the rows come from (`identity_of`).
  std::string source;
  CopyStage stage = CopyStage::rows;
  /// The table at hand and the key of its last row that has arrived; empty before the first.
  std::string table;
  std::vector<Value> after;
  /// What has arrived of each table.
  std::map<std::string, RowSum, std::less<>> arrived;
  /// Rows whose text is made.
  std::int64_t texts = 0;
};

/// Which database it is, by its schema's history (to the microsecond), on PostgreSQL by its server and schema
/// too. A file may be moved.
[[nodiscard]] Result<std::string> identity_of(storage::Connection& connection);

[[nodiscard]] std::string to_text(const CopyState& state);
/// Errors: `data_loss`.
[[nodiscard]] Result<CopyState> state_from_text(const std::string& text);

/// The kept text; nothing when no copy is under way. The table `settings` must exist.
[[nodiscard]] Result<std::optional<std::string>> find_state(storage::Connection& connection);
[[nodiscard]] Result<void> insert_state(storage::Connection& connection, const std::string& text);
/// Errors: `conflict` when it is not `before` any more: another copy runs.
[[nodiscard]] Result<void> replace_state(storage::Connection& connection, const std::string& before,
                                         const std::string& after);
[[nodiscard]] Result<void> remove_state(storage::Connection& connection, const std::string& before);

}  // namespace omnicrm::copy
