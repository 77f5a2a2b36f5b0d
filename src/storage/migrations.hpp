// The schema's history: SQL first, forward only, embedded at build time from migrations/<dialect>/.
#pragma once

#include <span>
#include <string_view>

namespace omnicrm::storage {

struct MigrationFile {
  std::string_view name;  ///< "0001_initial"
  std::string_view sql;
};

/// In order of their numbers, without gaps from 1.
[[nodiscard]] std::span<const MigrationFile> sqlite_migrations();

}  // namespace omnicrm::storage
