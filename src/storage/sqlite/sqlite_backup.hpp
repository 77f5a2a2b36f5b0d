// An online copy of the database.
#pragma once

#include <string>

#include "storage/sqlite/sqlite_connection.hpp"

namespace omnicrm::storage {

/// Copies the snapshot that `source`, a reader inside a transaction, sees into a new file at `path`. Writers
/// go on meanwhile; the log only cannot be emptied beyond that snapshot until the copy is complete.
/// Errors: `already_exists`, file errors.
[[nodiscard]] Result<void> copy_database(SqliteConnection& source, const std::string& path);

}  // namespace omnicrm::storage
