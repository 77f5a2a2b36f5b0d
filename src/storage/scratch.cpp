#include "storage/scratch.hpp"

#include <utility>

#include "core/errors.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

namespace omnicrm::storage {

Result<std::unique_ptr<Scratch>> Scratch::open() {
  OMNICRM_ASSIGN(auto connection, SqliteConnection::open("", "temporary database",
                                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  OMNICRM_TRY(
      connection->execute("PRAGMA page_size = 4096; PRAGMA cache_size = -2048; PRAGMA journal_mode = OFF; "
                          "PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF; PRAGMA temp_store = FILE; "
                          "PRAGMA mmap_size = 0;"));
  OMNICRM_TRY(connection->control(Control::begin_write));
  return std::unique_ptr<Scratch>(new Scratch(std::move(connection)));
}

}  // namespace omnicrm::storage
