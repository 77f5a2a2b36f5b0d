// Is the schema the one that the migrations made, and do its policies hold?
#pragma once

#include <string>
#include <vector>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

/// A digest of tables, columns, indexes, policies, triggers and functions by their names and kinds: what does
/// not change with the server's version.
[[nodiscard]] Result<std::string> pg_fingerprint(Connection& connection);

/// A schema that differs from what the last migration left, a user's table without forced row-level security,
/// an index that was not finished, a role that passes the policies. Empty before the first migration.
[[nodiscard]] Result<std::vector<std::string>> pg_problems(Connection& connection);

/// Tables in the schema, none of them ours: what migration must not touch.
[[nodiscard]] Result<bool> pg_is_foreign(Connection& connection);

}  // namespace omnicrm::storage
