#include "storage/migrator.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

constexpr std::string_view create_table =
    "CREATE TABLE schema_migrations ("
    "number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
    "schema_hash TEXT NOT NULL, applied_at BIGINT NOT NULL)";

Result<bool> has_table(Connection& connection) {
  const std::string_view sql = connection.dialect() == Dialect::sqlite
                                   ? "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'"
                                   : "SELECT count(to_regclass('schema_migrations'))";
  OMNICRM_ASSIGN(const auto count, query_one<std::int64_t>(connection, sql));
  return count.value_or(0) != 0;
}

}  // namespace

Result<std::vector<Migrator::Applied>> Migrator::applied(Connection& connection) {
  std::vector<Applied> rows;
  OMNICRM_ASSIGN(const bool exists, has_table(connection));
  if (!exists) return rows;
  OMNICRM_ASSIGN(
      Query query,
      Query::run(connection, "SELECT number, name, checksum FROM schema_migrations ORDER BY number"));
  while (true) {
    OMNICRM_ASSIGN(const bool more, query.next());
    if (!more) return rows;
    rows.push_back({query.get<std::int64_t>(0), query.get<std::string>(1), query.get<std::string>(2)});
  }
}

Result<void> Migrator::verify(const std::vector<Applied>& rows) const {
  if (!rows.empty() && rows.back().number > static_cast<std::int64_t>(files_.size())) {
    return failure(
        ErrorCode::failed_precondition,
        fmt::format("the database's schema ({}, {}) is newer than this library's ({}): use a newer OmniCRM",
                    rows.back().number, rows.back().name, files_.size()));
  }
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const Applied& row = rows[index];
    if (row.number != static_cast<std::int64_t>(index) + 1) {
      return failure(ErrorCode::data_loss, fmt::format("schema_migrations: migration {} is missing before {}",
                                                       index + 1, row.number));
    }
    if (row.checksum != sha256_hex(files_[index].sql)) {
      return failure(ErrorCode::data_loss,
                     fmt::format("schema_migrations: migration {} is not the one of this library ('{}')",
                                 row.name, files_[index].name));
    }
  }
  return {};
}

Result<void> Migrator::apply(Connection& connection, std::size_t index) {
  OMNICRM_ASSIGN(const auto rows, applied(connection));
  OMNICRM_TRY(verify(rows));
  if (rows.size() > index) return {};  // another process was first
  OMNICRM_ASSIGN(const bool exists, has_table(connection));
  if (!exists) OMNICRM_TRY(connection.execute(create_table));
  const MigrationFile& file = files_[index];
  if (!file.sql.starts_with(outside_mark)) OMNICRM_TRY(run_file(connection, file.sql));
  std::string hash;
  if (hooks_.fingerprint != nullptr) {
    OMNICRM_ASSIGN(hash, hooks_.fingerprint(connection));
  }
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  OMNICRM_TRY(execute(connection,
                      "INSERT INTO schema_migrations (number, name, checksum, schema_hash, applied_at) "
                      "VALUES (?, ?, ?, ?, ?)",
                      index + 1, file.name, sha256_hex(file.sql), hash, now.count()));
  return {};
}

Result<void> Migrator::run_file(Connection& connection, std::string_view sql) const {
  if (!hooks_.adapt) return connection.execute(sql);
  OMNICRM_ASSIGN(const std::string adapted, hooks_.adapt(connection, sql));
  return connection.execute(adapted);
}

Result<void> Migrator::run() {
  std::size_t done = 0;
  OMNICRM_TRY(storage_.read({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto rows, applied(connection));
    done = rows.size();
    return verify(rows);
  }));
  for (std::size_t index = done; index < files_.size(); ++index) {
    if (files_[index].sql.starts_with(outside_mark)) {
      if (!hooks_.run_outside) {
        return failure(ErrorCode::internal,
                       fmt::format("migration {} is for another storage", files_[index].name));
      }
      OMNICRM_TRY(hooks_.run_outside(files_[index].sql));
    }
    OMNICRM_TRY(storage_.write({}, [&](Connection& connection) { return apply(connection, index); }));
  }
  return {};
}

Result<std::int64_t> Migrator::version() {
  std::int64_t version = 0;
  OMNICRM_TRY(storage_.read({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto rows, applied(connection));
    if (!rows.empty()) version = rows.back().number;
    return {};
  }));
  return version;
}

}  // namespace omnicrm::storage
