// The schema's history: SQL first, forward only, embedded at build time from migrations/<dialect>/.
#pragma once

#include <span>
#include <string_view>

namespace omnicrm::storage {

/// A file that begins with this is not run in a transaction (PostgreSQL: CREATE INDEX CONCURRENTLY); it must
/// bear being cut off and run again.
inline constexpr std::string_view outside_mark = "-- omnicrm: outside a transaction\n";

struct MigrationFile {
  std::string_view name;  ///< "0001_initial"
  std::string_view sql;
};

/// In order of their numbers, without gaps from 1.
[[nodiscard]] std::span<const MigrationFile> sqlite_migrations();
/// The same for PostgreSQL.
[[nodiscard]] std::span<const MigrationFile> postgres_migrations();

}  // namespace omnicrm::storage
