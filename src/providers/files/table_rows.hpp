// A table's columns and rows on their way through a plan and a raw event: what its columns mean, as JSON, and
// its rows with that meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>

#include "providers/files/csv_mapping.hpp"

namespace omnicrm::files {

/// What a field is called outside: `ColumnMapping::field`, and behind a colon its type ("phone:cell",
/// "custom:shoe size").
[[nodiscard]] std::string field_text(const ColumnMapping& column);
/// Errors: `invalid_argument` naming the column, for a field that there is not.
[[nodiscard]] Result<void> set_field(ColumnMapping& column, std::string_view text);

/// Errors: `invalid_argument` unless it is an object of column -> field with fields that exist.
[[nodiscard]] Result<void> check_column_mapping(const Json& overrides);

/// What was recognized in a table, with `overrides` (column -> field) over it; columns that it has not are
/// passed over. Columns with one name are told apart by a number: "E-mail", "E-mail (2)".
/// Errors: of the file.
[[nodiscard]] Result<TableMapping> table_mapping(const std::string& path, const Json& overrides);
/// A JSON object, column -> field.
[[nodiscard]] Json mapping_json(const TableMapping& mapping);

/// A row with what its columns mean: [{"column","field","value"}, ...]; empty cells are left out, columns
/// that belong together also have "group".
[[nodiscard]] std::string row_json(const TableMapping& mapping, const std::vector<std::string>& row);

struct TableRow {
  TableMapping mapping;
  std::vector<std::string> cells;
};
/// Errors: `invalid_argument`.
[[nodiscard]] Result<TableRow> read_row_json(std::string_view text);

}  // namespace omnicrm::files
