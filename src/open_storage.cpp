#include "open_storage.hpp"

#include <iterator>
#include <utility>

#include "core/errors.hpp"
#include "storage/migrations.hpp"

namespace omnicrm {

bool is_server(std::string_view path) {
  return path.starts_with("postgresql://") || path.starts_with("postgres://");
}

Result<std::shared_ptr<storage::Storage>> open_storage(const Options& options) {
  if (options.storage) return options.storage;
  if (is_server(options.path)) {
    storage::PostgresOptions postgres = options.postgres;
    postgres.url = options.path;
    OMNICRM_ASSIGN(auto opened, storage::postgres(postgres));
    return std::shared_ptr<storage::Storage>(std::move(opened));
  }
  storage::SqliteOptions sqlite = options.sqlite;
  sqlite.path = options.path;
  OMNICRM_ASSIGN(auto opened, storage::sqlite(sqlite));
  return std::shared_ptr<storage::Storage>(std::move(opened));
}

std::int64_t latest_schema(storage::Dialect dialect) {
  return std::ssize(dialect == storage::Dialect::sqlite ? storage::sqlite_migrations()
                                                        : storage::postgres_migrations());
}

}  // namespace omnicrm
