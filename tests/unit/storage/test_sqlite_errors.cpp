#include <cerrno>

#include "storage/sqlite/sqlite_error.hpp"
#include "storage_fixture.hpp"

namespace omnicrm::storage {

BOOST_FIXTURE_TEST_SUITE(sqlite_errors, StorageFixture)

BOOST_AUTO_TEST_CASE(codes_become_codes_of_ours) {
  struct Case {
    int sqlite;
    ErrorCode code;
    bool retryable;
    bool needs_user;
  };
  using enum ErrorCode;
  for (const Case& each : {Case{SQLITE_BUSY, unavailable, true, false},
                           {SQLITE_BUSY_SNAPSHOT, unavailable, true, false},
                           {SQLITE_LOCKED, unavailable, true, false},
                           {SQLITE_FULL, resource_exhausted, false, true},
                           {SQLITE_NOMEM, resource_exhausted, true, false},
                           {SQLITE_TOOBIG, resource_exhausted, false, false},
                           {SQLITE_IOERR_READ, unavailable, true, false},
                           {SQLITE_IOERR_CORRUPTFS, data_loss, false, true},
                           {SQLITE_CORRUPT, data_loss, false, true},
                           {SQLITE_CORRUPT_VTAB, data_loss, false, true},
                           {SQLITE_NOTADB, data_loss, false, true},
                           {SQLITE_READONLY, permission_denied, false, true},
                           {SQLITE_PERM, permission_denied, false, true},
                           {SQLITE_CONSTRAINT_UNIQUE, already_exists, false, false},
                           {SQLITE_CONSTRAINT_PRIMARYKEY, already_exists, false, false},
                           {SQLITE_CONSTRAINT_FOREIGNKEY, failed_precondition, false, false},
                           {SQLITE_CONSTRAINT_TRIGGER, failed_precondition, false, false},
                           {SQLITE_CONSTRAINT_NOTNULL, invalid_argument, false, false},
                           {SQLITE_INTERRUPT, cancelled, true, false},
                           {SQLITE_ERROR, internal, false, false},
                           {SQLITE_MISUSE, internal, false, false},
                           {SQLITE_RANGE, internal, false, false}}) {
    const Error error = sqlite_error(nullptr, each.sqlite, "/data/crm.db", "SELECT 1");
    BOOST_TEST_CONTEXT("SQLite code " << each.sqlite) {
      BOOST_TEST((error.code == each.code));
      BOOST_TEST(error.retryable == each.retryable);
      BOOST_TEST(error.needs_user == each.needs_user);
      BOOST_TEST(error.message.starts_with("/data/crm.db: "));
    }
  }
  BOOST_TEST((sqlite_error(nullptr, SQLITE_READONLY, "x", "", false).code == ErrorCode::failed_precondition));
}

BOOST_AUTO_TEST_CASE(a_taken_value_names_its_columns) {
  const auto storage = open();
  need(run(*storage,
           "CREATE TABLE pairs (a INTEGER, \"b c\" TEXT, UNIQUE (a, \"b c\")); "
           "CREATE TABLE folded (n TEXT); CREATE UNIQUE INDEX folded_key ON folded (lower(n)); "
           "INSERT INTO pairs VALUES (1, 'x'); INSERT INTO folded VALUES ('A')"));
  const auto pair = run(*storage, "INSERT INTO pairs VALUES (1, 'x')");
  BOOST_TEST((code_of(pair) == ErrorCode::already_exists));
  BOOST_TEST(pair.error().details.find(R"("table":"pairs","columns":["a","b c"])") != std::string::npos);
  const auto folded = run(*storage, "INSERT INTO folded VALUES ('a')");
  BOOST_TEST((code_of(folded) == ErrorCode::already_exists));
  BOOST_TEST(folded.error().details.find(R"("index":"folded_key")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_schema_s_own_refusals) {
  const auto storage = open();
  need(storage->migrate());
  need(run(*storage,
           "CREATE TABLE parents (n INTEGER PRIMARY KEY); "
           "CREATE TABLE children (p INTEGER NOT NULL REFERENCES parents (n), CHECK (p > 0))"));
  BOOST_TEST((code_of(run(*storage, "INSERT INTO children VALUES (5)")) == ErrorCode::failed_precondition));
  BOOST_TEST((code_of(run(*storage, "INSERT INTO children VALUES (NULL)")) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of(run(*storage, "INSERT INTO children VALUES (-1)")) == ErrorCode::invalid_argument));
  need(run(*storage, "INSERT INTO audit_log VALUES (x'01', 1, 0, '', '', '', '', NULL, '', '', '')"));
  const auto erased = run(*storage, "DELETE FROM audit_log");
  BOOST_TEST((code_of(erased) == ErrorCode::failed_precondition));
  BOOST_TEST(erased.error().message.find("append-only") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(messages_quote_sql_and_never_values) {
  const auto storage = open();
  need(run(*storage, "CREATE TABLE t (n TEXT UNIQUE)"));
  const std::string secret = "s3cret-value";
  const auto put = [&] {
    return storage->write({}, [&](Connection& connection) -> Result<void> {
      auto done = execute(connection, "INSERT INTO t VALUES (?)", secret);
      if (!done) return fail(std::move(done).error());
      return {};
    });
  };
  need(put());
  const auto again = put();
  BOOST_REQUIRE(!again.has_value());
  BOOST_TEST(again.error().message.find("INSERT INTO t VALUES (?)") != std::string::npos);
  BOOST_TEST(again.error().message.find(secret) == std::string::npos);
  BOOST_TEST(again.error().details.find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::storage
