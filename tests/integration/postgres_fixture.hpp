// A storage on a fresh database of the tests' server, with few words.
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "core/errors.hpp"
#include "parts/postgres_server.hpp"
#include "storage/postgres/pg_storage.hpp"
#include "storage/query.hpp"

namespace omnicrm::testing {

inline const UserId ada{Uuid::from_name(Uuid{}, "ada")};
inline const UserId bob{Uuid::from_name(Uuid{}, "bob")};

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "" : std::string(to_string(result.error().code)) + ": " + result.error().message;
}

inline std::unique_ptr<storage::PgStorage> opened(
    const storage::PostgresOptions& options,
    std::span<const storage::MigrationFile> files = storage::postgres_migrations()) {
  auto made = storage::PgStorage::open(options, files);
  BOOST_REQUIRE_MESSAGE(made.has_value(), reason(made));
  return std::move(*made);
}

inline Result<void> run(storage::Storage& storage, std::string_view sql, const storage::Scope& scope = {}) {
  return storage.write(scope, [&](storage::Connection& connection) { return connection.execute(sql); });
}

inline Result<std::int64_t> number(storage::Storage& storage, std::string_view sql,
                                   const storage::Scope& scope = {}) {
  std::int64_t value = -1;
  OMNICRM_TRY(storage.read(scope, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto found, storage::query_one<std::int64_t>(connection, sql));
    value = found.value_or(-1);
    return {};
  }));
  return value;
}

struct PostgresFixture {
  PostgresFixture() {
    options.url = server.url(database);
    open();
  }
  ~PostgresFixture() {
    storage.reset();
    try {
      server.drop_database(database);  // or a base backup would carry them all
    } catch (const std::exception& failed) {
      BOOST_TEST_MESSAGE(failed.what());
    }
  }
  PostgresFixture(const PostgresFixture&) = delete;
  PostgresFixture& operator=(const PostgresFixture&) = delete;
  void open() { storage = opened(options); }
  Result<void> run(std::string_view sql, const storage::Scope& scope = {}) {
    return testing::run(*storage, sql, scope);
  }
  Result<std::int64_t> number(std::string_view sql, const storage::Scope& scope = {}) {
    return testing::number(*storage, sql, scope);
  }
  /// Ends all connections of the database but the superuser's own.
  void kill_connections() const {
    server.run("postgres", "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" +
                               database + "'");
  }

  PostgresServer& server = PostgresServer::get();
  std::string database = server.make_database();
  storage::PostgresOptions options;
  std::unique_ptr<storage::PgStorage> storage;
};

}  // namespace omnicrm::testing
