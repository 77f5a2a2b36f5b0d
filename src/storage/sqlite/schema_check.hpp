// Is the database sound, and is its schema the one that the migrations made?
#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/migrations.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

namespace omnicrm::storage {

/// A digest of every table, index, view and trigger as it was written.
[[nodiscard]] Result<std::string> schema_fingerprint(Connection& connection);

/// Objects that the applied migrations made and that are missing or different. Compares the fingerprint that
/// the last migration left; only when that differs are the migrations played again in memory to say which
/// object it is. Objects that the host added are its own affair.
[[nodiscard]] Result<std::vector<std::string>> schema_problems(SqliteConnection& connection,
                                                               std::span<const MigrationFile> migrations);

/// What `PRAGMA integrity_check` (at most 100) and `foreign_key_check` say. Reads the whole file.
[[nodiscard]] Result<std::vector<std::string>> file_problems(SqliteConnection& connection);

}  // namespace omnicrm::storage
