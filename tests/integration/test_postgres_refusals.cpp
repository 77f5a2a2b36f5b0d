// What a server refuses for reasons of its own: a clear error, no secret in it, and all is well when the
// reason is gone.
#include <libpq-fe.h>

#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <thread>

#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

namespace {

struct Fixture : PostgresFixture {
  void make_role(const std::string& role, const std::string& how) const {
    server.run("postgres", "DO $$ BEGIN CREATE ROLE " + role + " LOGIN " + how +
                               "; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  }
  /// Who is let in, and how; the line stands before the others until the end of the test.
  void set_access(const std::string& line) {
    const std::string path = text("SHOW hba_file");
    server.run("postgres",
               "COPY (SELECT line FROM (VALUES (1, '" + line +
                   "'), (2, 'local all all trust'), (3, 'local replication all trust')) AS v (n, line) "
                   "ORDER BY n) TO '" +
                   path + "'");
    server.run("postgres", "SELECT pg_reload_conf()");
  }
  std::string text(const std::string& sql) const {
    PGconn* const connection = PQconnectdb(server.url("postgres").c_str());
    PGresult* const result = PQexec(connection, sql.c_str());
    std::string value = PQgetvalue(result, 0, 0);
    PQclear(result);
    PQfinish(connection);
    return value;
  }
  /// The error of the first look at the database.
  Error refusal(const std::string& url) {
    options.url = url;
    options.acquire_timeout = 300ms;
    open();
    const auto result = number("SELECT 1");
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST_MESSAGE(reason(result));
    return result.error();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_refusals, Fixture)

BOOST_AUTO_TEST_CASE(a_wrong_password) {
  make_role("secretive", "PASSWORD 'right horse'");
  set_access("local all secretive scram-sha-256");
  const auto url = [&](const std::string& password) {
    std::string with = server.url(database, "secretive");
    return with.replace(with.find('@'), 1, ":" + password + "@");
  };
  // A reload takes a moment.
  for (int look = 0;
       look < 200 &&
       text("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'scram-sha-256'") != "1";
       ++look) {
    std::this_thread::sleep_for(10ms);
  }
  std::this_thread::sleep_for(50ms);
  const Error wrong = refusal(url("wrong%20mule"));
  BOOST_TEST((wrong.code == ErrorCode::permission_denied), wrong.message);
  BOOST_TEST(!wrong.retryable);
  BOOST_TEST(wrong.needs_user);
  for (const std::string secret : {"wrong mule", "wrong%20mule", "right"}) {
    BOOST_TEST((wrong.message + wrong.details).find(secret) == std::string::npos);
  }
  const Error none = refusal(server.url(database, "secretive"));
  BOOST_TEST(!none.message.empty());
  BOOST_TEST((none.code == ErrorCode::permission_denied), none.message);
  options.url = url("right%20horse");
  open();
  BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
  set_access("local all all trust");
}

BOOST_AUTO_TEST_CASE(a_password_with_raw_signs_is_not_told) {
  for (const char* url : {"postgresql://u:sec/ret@127.0.0.1/db", "postgresql://u:secret@word@127.0.0.1/db",
                          "postgres://u:se@c/ret@/db"}) {
    PostgresOptions wrong;
    wrong.url = url;
    const auto made = storage::postgres(wrong);
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().code == ErrorCode::invalid_argument));
    for (const char* part : {"sec", "ret", "word@"}) {
      BOOST_TEST(made.error().message.find(part) == std::string::npos);
    }
  }
  for (const char* url : {"postgresql://u:sec%2Fret%40@127.0.0.1/db", "postgresql://u@/db?host=/tmp/a@b",
                          "postgresql:///db", "host=/tmp dbname=a@b"}) {
    PostgresOptions right;
    right.url = url;
    BOOST_TEST(storage::postgres(right).has_value());
  }
}

BOOST_AUTO_TEST_CASE(nobody_is_let_in) {
  make_role("unwanted", "");
  set_access("local all unwanted reject");
  std::this_thread::sleep_for(100ms);
  const Error refused = refusal(server.url(database, "unwanted"));
  BOOST_TEST((refused.code == ErrorCode::permission_denied), refused.message);
  set_access("local all all trust");
}

BOOST_DATA_TEST_CASE(databases_of_another_encoding, data::make({"SQL_ASCII", "LATIN1"}), encoding) {
  const std::string name = std::string("other_") + database;
  server.run("postgres", "CREATE DATABASE " + name + " ENCODING '" + encoding +
                             "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  const Error refused = refusal(server.url(name));
  BOOST_TEST((refused.code == ErrorCode::failed_precondition), refused.message);
  BOOST_TEST(refused.message.find(encoding) != std::string::npos);
  BOOST_TEST(refused.message.find("UTF8") != std::string::npos);
  const auto migrated = storage->migrate();
  BOOST_REQUIRE(!migrated.has_value());
  BOOST_TEST((migrated.error().code == ErrorCode::failed_precondition), reason(migrated));
  server.run("postgres", "DROP DATABASE " + name);
}

BOOST_AUTO_TEST_CASE(the_server_has_no_connection_left) {
  make_role("ordinary", "");
  std::vector<PGconn*> all;
  while (all.size() < 200) {
    PGconn* const connection = PQconnectdb(server.url("postgres", "ordinary").c_str());
    const bool is_open = PQstatus(connection) == CONNECTION_OK;
    all.push_back(connection);
    if (!is_open) break;
  }
  const auto close_all = [&] {
    for (PGconn* const connection : all) PQfinish(connection);
    all.clear();
  };
  const Error refused = refusal(server.url(database, "ordinary"));
  BOOST_TEST((refused.code == ErrorCode::unavailable), refused.message);
  BOOST_TEST(refused.retryable);
  // One that waits gets the connection that becomes free.
  options.acquire_timeout = 10s;
  open();
  std::jthread closer([&] {
    std::this_thread::sleep_for(200ms);
    close_all();
  });
  const auto result = number("SELECT 1");
  BOOST_TEST(result.value_or(-1) == 1, reason(result));
}

BOOST_AUTO_TEST_CASE(a_role_that_may_not_make_extensions) {
  make_role("tenant", "CREATEROLE");
  server.run(database, "ALTER SCHEMA omnicrm OWNER TO tenant");
  options.url = server.url(database, "tenant");
  open();
  const auto refused = storage->migrate();
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::permission_denied), reason(refused));
  BOOST_TEST(refused.error().message.find("extension \"pg_trgm\"") != std::string::npos, reason(refused));
  BOOST_TEST(refused.error().needs_user);
  BOOST_TEST(storage->schema_version().value_or(-1) == 0);
  // Once somebody else made them, in a schema of their choice, it goes on.
  server.run(database,
             "CREATE SCHEMA extras; CREATE EXTENSION pg_trgm SCHEMA extras; CREATE EXTENSION btree_gin "
             "SCHEMA extras; GRANT USAGE ON SCHEMA extras TO PUBLIC");
  const auto migrated = storage->migrate();
  BOOST_TEST(migrated.has_value(), reason(migrated));
  BOOST_TEST(storage->check()->empty());
}

BOOST_AUTO_TEST_CASE(a_database_that_only_reads) {
  BOOST_REQUIRE(storage->migrate().has_value());
  server.run("postgres", "ALTER DATABASE " + database + " SET default_transaction_read_only = on");
  open();
  BOOST_TEST(number("SELECT count(*) FROM settings").value_or(-1) == 0);
  const auto refused = run("CREATE TABLE items (n BIGINT)");
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::unavailable), reason(refused));
  BOOST_TEST(refused.error().message.find("read-only") != std::string::npos);
  server.run("postgres", "ALTER DATABASE " + database + " RESET default_transaction_read_only");
  open();
  BOOST_TEST(run("CREATE TABLE items (n BIGINT)").has_value());
}

BOOST_AUTO_TEST_CASE(transactions_in_conflict_are_run_again) {
  BOOST_REQUIRE(
      run("CREATE TABLE pots (id BIGINT PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO pots VALUES (1, 0)")
          .has_value());
  std::atomic<int> runs = 0;
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < 25; ++round) {
          const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
            ++runs;
            OMNICRM_ASSIGN(const auto n,
                           query_one<std::int64_t>(connection, "SELECT n FROM pots WHERE id = 1"));
            return storage::run(connection, "UPDATE pots SET n = ? WHERE id = 1", n.value_or(0) + 1);
          });
          if (!done) ++failed;
        }
      });
    }
  }
  BOOST_TEST(failed == 0);
  BOOST_TEST(runs > 100);  // or there was no conflict to speak of
  BOOST_TEST(number("SELECT n FROM pots").value_or(-1) == 100);
}

BOOST_AUTO_TEST_CASE(a_conflict_that_does_not_end_is_told) {
  options.retry_for = 200ms;
  open();
  BOOST_REQUIRE(
      run("CREATE TABLE pots (id BIGINT PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO pots VALUES (1, 0)")
          .has_value());
  int runs = 0;
  const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
    ++runs;
    OMNICRM_TRY(query_one<std::int64_t>(connection, "SELECT n FROM pots"));
    server.run(database, "UPDATE omnicrm.pots SET n = n + 1");
    return storage::run(connection, "UPDATE pots SET n = -1");
  });
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code == ErrorCode::unavailable), reason(done));
  BOOST_TEST(done.error().retryable);
  BOOST_TEST(runs > 1);
  BOOST_TEST(number("SELECT n FROM pots").value_or(-1) == runs);
}

BOOST_AUTO_TEST_CASE(a_value_too_large) {
  BOOST_REQUIRE(run("CREATE TABLE words (t TEXT COLLATE \"C\" PRIMARY KEY)").has_value());
  std::string text(100'000, 'x');  // an index entry has 2,704 bytes at the most, after compression
  std::uint64_t state = 1;
  for (char& c : text) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>('!' + (state >> 33) % 90);
  }
  const auto done = storage->write({}, [&](Connection& connection) {
    return storage::run(connection, "INSERT INTO words VALUES (?)", text);
  });
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code == ErrorCode::resource_exhausted), reason(done));
  BOOST_TEST(!done.error().retryable);
}

BOOST_AUTO_TEST_SUITE_END()
