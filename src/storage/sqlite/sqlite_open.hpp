// Opening a database file: whose it is, and the PRAGMAs (docs/sqlite.md says why each).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <omnicrm/storage/sqlite.hpp>

#include "storage/sqlite/sqlite_connection.hpp"

namespace omnicrm::storage {

/// 'OCRM', in the file's header (SQLite file format, section 1.3.15).
inline constexpr std::int32_t sqlite_application_id = 0x4F43524D;

/// Where the connections of one storage lead.
struct SqliteTarget {
  std::string file;  ///< what SQLite opens: a path, or the URI of an in-memory database
  std::string path;  ///< what the host wrote
  bool is_memory = false;
};

/// `owner` is any address that is unique to the storage as long as it lives.
[[nodiscard]] SqliteTarget sqlite_target(const std::string& path, const void* owner);

/// Opens the writer; makes the file and claims it for OmniCRM when it is new.
[[nodiscard]] Result<std::unique_ptr<SqliteConnection>> open_writer(const SqliteTarget& target,
                                                                    const SqliteOptions& options);
/// Opens one more connection that only reads. The writer must be open.
[[nodiscard]] Result<std::unique_ptr<SqliteConnection>> open_reader(const SqliteTarget& target,
                                                                    const SqliteOptions& options);

}  // namespace omnicrm::storage
