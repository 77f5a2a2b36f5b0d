// Which tables a copy moves, in which order, and how each is walked through.
#pragma once

#include <span>
#include <string_view>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::copy {

/// Names of columns that are unique together and stand in an index.
using Key = std::span<const std::string_view>;

struct CopiedTable {
  std::string_view name;
  /// What it is read by: on SQLite the rowid where there is one, on PostgreSQL always from the user on.
  Key sqlite_key;
  Key postgres_key;
  /// A column that one dialect alone has, for itself.
  std::string_view own_column = {};
  /// A column whose value may become another one: PostgreSQL numbers the places in the full-text order for
  /// each user, SQLite for all.
  std::string_view place_column = {};

  [[nodiscard]] Key key(storage::Dialect dialect) const noexcept {
    return dialect == storage::Dialect::sqlite ? sqlite_key : postgres_key;
  }
};

/// Every table that holds rows of users or of the queue. A row that is referred to comes before those that
/// refer to it, and jobs come last: who opens an unfinished copy by mistake finds no work to do.
[[nodiscard]] std::span<const CopiedTable> copied_tables();

/// Full-text indexes: not copied but made of the rows (text_stage.hpp).
[[nodiscard]] std::span<const std::string_view> made_tables();

/// Jobs, which each storage keeps in tables of its own shape: a view of both, which rows can be put into.
inline constexpr std::string_view jobs_view = "job_rows";

/// Tables that are not copied as they are: what they hold travels through `jobs_view`, or ends here.
[[nodiscard]] std::span<const std::string_view> left_out_tables(storage::Dialect dialect);

/// Of the database itself: its schema's history.
inline constexpr std::string_view history_table = "schema_migrations";

}  // namespace omnicrm::copy
