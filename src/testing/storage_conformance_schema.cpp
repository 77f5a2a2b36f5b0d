// The schema: made once, by whoever comes first, and usable.
#include "testing/storage_conformance_parts.hpp"

namespace omnicrm::testing {
namespace {

using storage::Connection;

Result<void> new_database_is_empty(StorageBench& bench) {
  OMNICRM_ASSIGN(const auto version, bench.storage().schema_version());
  OMNICRM_TRY(expect_equal(version, 0, "version of a new database"));
  OMNICRM_ASSIGN(const auto problems, bench.storage().check());
  return expect(problems.empty(), "a new database is sound");
}

Result<void> migrate_is_idempotent(StorageBench& bench) {
  OMNICRM_TRY(bench.storage().migrate());
  OMNICRM_ASSIGN(const auto version, bench.storage().schema_version());
  OMNICRM_TRY(expect(version > 0, "a migrated database has a version"));
  OMNICRM_TRY(bench.storage().migrate());
  OMNICRM_ASSIGN(const auto again, bench.storage().schema_version());
  OMNICRM_TRY(expect_equal(again, version, "version after migrating again"));
  OMNICRM_ASSIGN(const auto problems, bench.storage().check());
  return expect(problems.empty(), problems.empty() ? "" : problems.front());
}

Result<void> migrate_runs_once(StorageBench& bench) {
  OMNICRM_TRY(in_threads(4, [&](std::size_t) { return bench.storage().migrate(); }));
  OMNICRM_ASSIGN(const auto version, bench.storage().schema_version());
  OMNICRM_ASSIGN(const auto rows, bench.number("SELECT count(*) FROM schema_migrations"));
  return expect_equal(rows, version, "migrations recorded");
}

Result<void> schema_is_usable(StorageBench& bench) {
  OMNICRM_TRY(bench.storage().migrate());
  const storage::Scope scope{UserId{Uuid::from_name(Uuid{}, "conformance")}};
  const Uuid other = Uuid::from_name(Uuid{}, "another");
  const auto put = [&](const Uuid& user) {
    return bench.storage().write(storage::Scope{UserId{user}}, [&](Connection& connection) -> Result<void> {
      OMNICRM_TRY(storage::run(connection,
                               "INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, ?, ?)",
                               user, "conformance", "{}", 1));
      return {};
    });
  };
  OMNICRM_TRY(put(scope.user->value));
  OMNICRM_TRY(put(other));
  OMNICRM_TRY(expect_error(put(other), ErrorCode::already_exists, "a setting that is there"));
  return bench.storage().read(scope, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto count,
                   storage::query_one<std::int64_t>(
                       connection, "SELECT count(*) FROM settings WHERE user_id = ?", scope.user->value));
    return expect_equal(count.value_or(0), 1, "the user's settings");
  });
}

}  // namespace

std::vector<StorageTest> schema_tests() {
  return {{"new_database_is_empty", new_database_is_empty},
          {"migrate_is_idempotent", migrate_is_idempotent},
          {"migrate_runs_once", migrate_runs_once},
          {"schema_is_usable", schema_is_usable}};
}

}  // namespace omnicrm::testing
