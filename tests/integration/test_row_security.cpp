// Row-level security: the role of a user's transactions, with the library and without it.
#include <libpq-fe.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;
namespace data = boost::unit_test::data;

namespace {

Result<std::int64_t> put(PgStorage& storage, UserId as, UserId owner, std::string_view name) {
  std::int64_t changed = 0;
  auto done = storage.write({as}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(
        changed,
        execute(connection, "INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, '1', 1)",
                owner, name));
    return {};
  });
  if (!done) return fail(done.error());
  return changed;
}

std::int64_t number(PgStorage& storage, const Scope& scope, std::string_view sql) {
  const auto value = testing::number(storage, sql, scope);
  BOOST_TEST(value.has_value(), reason(value));
  return value.value_or(-1);
}

Result<void> write(PgStorage& storage, UserId as, std::string_view sql) {
  return storage.write({as}, [&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(execute(connection, sql));
    return {};
  });
}

/// A database of ada's and bob's rows; the library logs in as an owner who is no superuser.
struct Fixture {
  /// In tables as they are, or split.
  void start(int partitions) {
    options.partitions = static_cast<std::size_t>(partitions);
    server.run(database,
               "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'landlord') THEN "
               "CREATE ROLE landlord LOGIN CREATEROLE; END IF; END $$");
    server.run("postgres", "ALTER DATABASE " + database + " OWNER TO landlord");
    server.run(database, "ALTER SCHEMA omnicrm OWNER TO landlord");
    options.url = server.url(database, "landlord");
    storage = opened(options);
    const auto migrated = storage->migrate();
    BOOST_REQUIRE_MESSAGE(migrated.has_value(), reason(migrated));
    BOOST_REQUIRE(put(*storage, ada, ada, "a").has_value());
    BOOST_REQUIRE(put(*storage, bob, bob, "a").has_value());
    BOOST_REQUIRE(put(*storage, bob, bob, "b").has_value());
  }
  ~Fixture() {
    storage.reset();
    server.drop_database(database);
  }
  PostgresServer& server = PostgresServer::get();
  std::string database = server.make_database();
  PostgresOptions options;
  std::unique_ptr<PgStorage> storage;
};

/// The application's login, without the library.
class Intruder {
 public:
  explicit Intruder(const Fixture& fixture) {
    fixture.server.run("postgres",
                       "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mallory') "
                       "THEN CREATE ROLE mallory LOGIN IN ROLE omnicrm_app; END IF; END $$");
    connection_ = PQconnectdb(fixture.server.url(fixture.database, "mallory").c_str());
    ask("SET search_path = omnicrm");
  }
  ~Intruder() { PQfinish(connection_); }
  /// The first value, or the SQLSTATE.
  std::string ask(const std::string& sql) {
    PGresult* const result = PQexec(connection_, sql.c_str());
    std::string answer;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
      answer = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "none";
    } else if (PQresultStatus(result) == PGRES_COMMAND_OK) {
      answer = std::string("changed ") + PQcmdTuples(result);
    } else {
      answer = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    }
    PQclear(result);
    return answer;
  }
  /// What a refusal says, word by word.
  std::string refusal(const std::string& sql) {
    PGresult* const result = PQexec(connection_, sql.c_str());
    const std::string said = PQresultErrorMessage(result);
    PQclear(result);
    return said;
  }

 private:
  PGconn* connection_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(row_security)

BOOST_DATA_TEST_CASE_F(Fixture, a_session_sees_its_rows_only, data::make({0, 4}), partitions) {
  start(partitions);
  BOOST_TEST(number(*storage, {ada}, "SELECT count(*) FROM settings") == 1);
  BOOST_TEST(number(*storage, {bob}, "SELECT count(*) FROM settings") == 2);
  BOOST_TEST(number(*storage, {}, "SELECT count(*) FROM settings") == 3);  // the library's own
  const auto stolen = put(*storage, ada, bob, "c");
  BOOST_REQUIRE(!stolen.has_value());
  BOOST_TEST((stolen.error().code == ErrorCode::permission_denied));
  // A taken key of another is not told apart from a free one.
  const auto probed = put(*storage, ada, bob, "a");
  BOOST_REQUIRE(!probed.has_value());
  BOOST_TEST((probed.error().code == ErrorCode::permission_denied));
  BOOST_TEST(write(*storage, ada, "UPDATE settings SET value = '2'").has_value());
  BOOST_TEST(write(*storage, ada, "DELETE FROM settings").has_value());
  BOOST_TEST(number(*storage, {}, "SELECT count(*) FROM settings WHERE value = '1'") == 2);
  BOOST_TEST(number(*storage, {ada}, "SELECT count(*) FROM settings") == 0);
}

BOOST_DATA_TEST_CASE_F(Fixture, without_the_library, data::make({0, 4}), partitions) {
  start(partitions);
  Intruder mallory(*this);
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings") == "0");  // nobody's session
  mallory.ask("SET omnicrm.user_id = '" + ada.to_string() + "'");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings") == "1");
  const std::string theirs = "'" + bob.to_string() + "'";
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings WHERE user_id = " + theirs) == "0");
  BOOST_TEST(mallory.ask("SELECT name FROM settings WHERE user_id <> '" + ada.to_string() + "'") == "none");
  BOOST_TEST(mallory.ask("UPDATE settings SET value = 'x' WHERE user_id = " + theirs) == "changed 0");
  BOOST_TEST(mallory.ask("DELETE FROM settings WHERE user_id = " + theirs) == "changed 0");
  // Giving a row away, a taken key, an upsert: all refused alike, before the key is looked at.
  BOOST_TEST(mallory.ask("UPDATE settings SET user_id = " + theirs) == "42501");
  for (const std::string name : {"'a'", "'free'"}) {
    const std::string insert = "INSERT INTO settings VALUES (" + theirs + ", " + name + ", 'x', 1)";
    BOOST_TEST(mallory.ask(insert) == "42501");
    BOOST_TEST(mallory.ask(insert + " ON CONFLICT DO NOTHING") == "42501");
    BOOST_TEST(mallory.ask(insert + " ON CONFLICT (user_id, name) DO UPDATE SET value = 'x'") == "42501");
  }
  // A reference to another's row.
  BOOST_TEST(mallory.ask("INSERT INTO raw_payloads VALUES (" + theirs + ", 1, 'x')") == "42501");
  for (const std::string sql :
       {"SET ROLE omnicrm_admin", "SET SESSION AUTHORIZATION omni",
        "ALTER TABLE settings DISABLE ROW LEVEL SECURITY", "ALTER TABLE settings NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_rows ON settings", "CREATE POLICY mine ON settings USING (true)",
        "TRUNCATE settings", "SELECT * FROM workers", "DELETE FROM schema_migrations",
        "COPY settings TO '/tmp/x'", "UPDATE audit_log SET actor = ''"}) {
    BOOST_TEST(mallory.ask(sql) == "42501", sql);
  }
  mallory.ask("SET row_security = off");  // makes the server refuse instead of filtering
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings") == "42501");
  mallory.ask("RESET row_security");
  mallory.ask("SET omnicrm.user_id = ''");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings") == "0");
  BOOST_TEST(number(*storage, {}, "SELECT count(*) FROM settings WHERE value = '1'") == 3);
}

BOOST_DATA_TEST_CASE_F(Fixture, a_function_cannot_look_over_the_fence, data::make({0, 4}), partitions) {
  start(partitions);
  Intruder mallory(*this);
  mallory.ask("SET omnicrm.user_id = '" + ada.to_string() + "'");
  // Cheap and not leakproof: without the policy's order it would be run on all rows.
  BOOST_TEST(mallory.ask("CREATE FUNCTION pg_temp.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS "
                         "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'ZZ' || lpad($1, 3, '0'); END $$") ==
             "changed ");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings WHERE name = 'b' AND pg_temp.peek(name)") == "0");
}

// A taken id, address or number of another user's is not told apart from a free one.
BOOST_DATA_TEST_CASE_F(Fixture, keys_tell_nothing_of_others, data::make({0, 4}), partitions) {
  start(partitions);
  const std::string identity =
      "INSERT INTO contact_identities (user_id, kind, match_key, contact_id, value) VALUES ";
  const auto row = [](UserId user, const std::string& key) {
    return "('" + user.to_string() + "', 'email', '" + key + "', '" + user.to_string() + "', '" + key + "')";
  };
  BOOST_REQUIRE(write(*storage, bob, identity + row(bob, "bob@x")).has_value());
  Intruder mallory(*this);
  mallory.ask("SET omnicrm.user_id = '" + ada.to_string() + "'");
  BOOST_TEST(mallory.ask(identity + row(ada, "bob@x")) == "changed 1");  // her own of the same name
  BOOST_TEST(mallory.ask(identity + row(ada, "bob@x")) == "23505");
  BOOST_TEST(mallory.refusal(identity + row(bob, "bob@x")) == mallory.refusal(identity + row(bob, "free@x")));
  BOOST_TEST(mallory.ask("UPDATE contact_identities SET user_id = '" + bob.to_string() + "'") == "42501");
  // A reference looks among her own rows.
  const std::string payload = "INSERT INTO raw_payloads VALUES ('" + ada.to_string() + "', 1, 'x')";
  BOOST_TEST(mallory.ask(payload) == "23503");
  BOOST_TEST(
      mallory.ask("CREATE TEMP TABLE probe (u UUID, n TEXT, FOREIGN KEY (u, n) REFERENCES settings)") !=
      "changed ");
  BOOST_TEST(number(*storage, {bob}, "SELECT count(*) FROM contact_identities") == 1);
}

BOOST_DATA_TEST_CASE_F(Fixture, catalogues_and_settings, data::make({0, 4}), partitions) {
  start(partitions);
  server.run(database, "ANALYZE");
  Intruder mallory(*this);
  mallory.ask("SET omnicrm.user_id = '" + ada.to_string() + "'");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM pg_stats WHERE schemaname = 'omnicrm' AND tablename IN "
                         "(SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                         "WHERE a.attname = 'user_id')") == "0");
  for (const std::string sql :
       {"SELECT * FROM pg_statistic",
        "SELECT * FROM pg_authid",
        "SELECT last_value FROM contacts_seq",
        "SELECT setval('contacts_seq', 1)",
        "SET session_replication_role = replica",
        "SET ROLE landlord",
        "SET ROLE omni",
        "ALTER ROLE mallory SUPERUSER",
        "GRANT omnicrm_admin TO mallory",
        "SET LOCAL SESSION AUTHORIZATION landlord",
        "CREATE TABLE omnicrm.mine (a INT)",
        "CREATE FUNCTION omnicrm.instr(text, text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER spy BEFORE INSERT ON settings FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()",
        "ALTER FUNCTION omnicrm_next_start SET search_path = public",
        "DROP FUNCTION omnicrm_next_start",
        "CREATE RULE spy AS ON INSERT TO settings DO INSTEAD NOTHING",
        "SELECT * FROM job_leases",
        "INSERT INTO workers VALUES (gen_random_uuid(), '', 1, 1)",
        "ALTER SCHEMA omnicrm RENAME TO x",
        "COMMENT ON TABLE settings IS 'x'",
        "REINDEX TABLE settings"}) {
    BOOST_TEST(mallory.ask(sql) == "42501", sql);
  }
  // Back to her own login is where she was.
  mallory.ask("SET ROLE omnicrm_app");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings") == "1");
  mallory.ask("RESET ROLE");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM settings") == "1");
  mallory.ask("RESET ALL");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM omnicrm.settings") == "0");
}

// What runs with its owner's rights cannot be lent other tables, functions or operators.
BOOST_DATA_TEST_CASE_F(Fixture, a_search_path_does_not_mislead_the_functions, data::make({0, 4}),
                       partitions) {
  start(partitions);
  const auto put_text = [&](UserId user, const std::string& seq) {
    const std::string own = "'" + user.to_string() + "'";
    return write(*storage, user,
                 "INSERT INTO interaction_text VALUES (" + own + ", " + seq + ", CAST('u' || replace(" + own +
                     ", '-', '') || ':1 word:2A' AS tsvector))");
  };
  BOOST_REQUIRE(put_text(ada, "1").has_value());
  BOOST_REQUIRE(put_text(bob, "2").has_value());
  BOOST_REQUIRE(
      write(*storage, bob, "INSERT INTO contact_text VALUES ('" + bob.to_string() + "', 3, 'bobby')")
          .has_value());
  Intruder mallory(*this);
  mallory.ask("SET omnicrm.user_id = '" + ada.to_string() + "'");
  const std::string search = "SELECT string_agg(s::text, ',') FROM omnicrm.omnicrm_text_places(";
  BOOST_TEST(mallory.ask(search + "'word', 100, 0, 10) AS s") == "1");
  // Out of the user's own part by way of the query.
  for (const std::string query : {"word | !nothing", "!nothing", "!word | word", "word | u:*"}) {
    BOOST_TEST(mallory.ask(search + "to_tsquery('simple', '" + query + "'), 100, 0, 10) AS s") == "1", query);
  }
  BOOST_TEST(mallory.ask("SELECT count(*) FROM omnicrm.omnicrm_contact_places(ARRAY['%'], 10)") == "0");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM omnicrm.omnicrm_contact_places(ARRAY['%bob%', '%'], 10)") ==
             "0");
  mallory.ask("CREATE TEMP TABLE interaction_text AS SELECT '" + ada.to_string() +
              "'::uuid AS user_id, 99::bigint AS seq, NULL::tsvector AS words");
  mallory.ask(
      "CREATE FUNCTION pg_temp.to_tsquery(text, text) RETURNS tsquery LANGUAGE sql AS $$ SELECT "
      "'word'::tsquery $$");
  mallory.ask(
      "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT '" +
      bob.to_string() + "' $$");
  mallory.ask("CREATE FUNCTION pg_temp.yes(tsvector, tsquery) RETURNS boolean LANGUAGE sql AS 'SELECT true'");
  mallory.ask("CREATE OPERATOR pg_temp.@@ (LEFTARG = tsvector, RIGHTARG = tsquery, FUNCTION = pg_temp.yes)");
  mallory.ask("SET search_path = pg_temp, omnicrm, pg_catalog");
  BOOST_TEST(mallory.ask(search + "'word', 100, 0, 10) AS s") == "1");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM omnicrm.settings") == "1");
  // Every function with its owner's rights has a path of its own, and is not everybody's.
  BOOST_TEST(number(*storage, {},
                    "SELECT count(*) FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace "
                    "AND p.prosecdef AND (p.proconfig IS NULL OR NOT p.proconfig[1] LIKE 'search_path=%' "
                    "OR has_function_privilege('public', p.oid, 'EXECUTE'))") == 0);
  BOOST_TEST(number(*storage, {},
                    "SELECT count(*) FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace "
                    "AND p.prosecdef") >= 3);
}

BOOST_DATA_TEST_CASE_F(Fixture, partitions_are_no_way_around, data::make({4}), partitions) {
  start(partitions);
  Intruder mallory(*this);
  mallory.ask("SET omnicrm.user_id = '" + ada.to_string() + "'");
  BOOST_TEST(mallory.ask("SELECT count(*) FROM contacts") == "0");
  for (int part = 0; part < partitions; ++part) {
    BOOST_TEST(mallory.ask("SELECT count(*) FROM contacts_p" + std::to_string(part)) == "42501");
    BOOST_TEST(mallory.ask("DELETE FROM interactions_p" + std::to_string(part)) == "42501");
  }
  BOOST_TEST(number(*storage, {},
                    "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r' AND NOT "
                    "(relrowsecurity AND relforcerowsecurity)") == 0);
}

BOOST_DATA_TEST_CASE_F(Fixture, audit_is_append_only, data::make({0, 4}), partitions) {
  start(partitions);
  const auto entry = [&](UserId user) {
    return storage->write({user}, [&](Connection& connection) -> Result<void> {
      OMNICRM_TRY(execute(connection,
                          "INSERT INTO audit_log VALUES (?, 1, 1, 'u', 'o', 's', '', NULL, '{}', '', 'h')",
                          user));
      return {};
    });
  };
  BOOST_TEST(entry(ada).has_value());
  BOOST_TEST(!write(*storage, ada, "UPDATE audit_log SET actor = 'x'").has_value());
  BOOST_TEST(!write(*storage, ada, "DELETE FROM audit_log").has_value());
  const auto by_library = storage->write({}, [](Connection& connection) -> Result<void> {
    OMNICRM_TRY(execute(connection, "DELETE FROM audit_log"));
    return {};
  });
  BOOST_REQUIRE(!by_library.has_value());
  BOOST_TEST((by_library.error().code == ErrorCode::failed_precondition));
  BOOST_TEST(number(*storage, {ada}, "SELECT count(*) FROM audit_log WHERE actor = 'u'") == 1);
}

// Tables can be partitioned or distributed by user.
BOOST_DATA_TEST_CASE_F(Fixture, every_key_starts_with_the_user, data::make({0, 4}), partitions) {
  start(partitions);
  BOOST_TEST(number(*storage, {},
                    "SELECT count(*) FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid "
                    "JOIN pg_attribute u ON u.attrelid = c.oid AND u.attname = 'user_id' "
                    "WHERE c.relnamespace = current_schema()::regnamespace AND x.indisunique "
                    "AND x.indkey[0] <> u.attnum") == 0);
  BOOST_TEST(
      number(
          *storage, {},
          "SELECT count(*) FROM pg_constraint k JOIN pg_attribute u ON u.attrelid = k.conrelid AND "
          "u.attname = 'user_id' WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace "
          "AND k.conkey[1] <> u.attnum") == 0);
  BOOST_TEST(
      number(
          *storage, {},
          "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l ON "
          "l.oid = a.attcollation WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' "
          "AND c.relname <> 'schema_migrations' AND l.collname <> 'C'") == 0);
}

BOOST_DATA_TEST_CASE_F(Fixture, check_sees_a_hole, data::make({0, 4}), partitions) {
  start(partitions);
  BOOST_TEST(storage->check()->empty());
  server.run(database, "ALTER TABLE omnicrm.contacts NO FORCE ROW LEVEL SECURITY");
  BOOST_TEST(storage->check()->size() == 2U);
  BOOST_TEST(!storage->migrate().has_value());
  server.run(database, "ALTER TABLE omnicrm.contacts FORCE ROW LEVEL SECURITY");
  BOOST_TEST(storage->check()->empty());
}

BOOST_DATA_TEST_CASE_F(Fixture, an_application_login_has_no_library_side, data::make({0, 4}), partitions) {
  start(partitions);
  Intruder mallory(*this);
  PostgresOptions own = options;
  own.url = server.url(database, "mallory");
  auto limited = opened(own);
  BOOST_TEST(number(*limited, {ada}, "SELECT count(*) FROM settings") == 1);
  BOOST_TEST(number(*limited, {}, "SELECT count(*) FROM settings") == 0);
  own.admin_url = options.url;
  auto both = opened(own);
  BOOST_TEST(number(*both, {}, "SELECT count(*) FROM settings") == 3);
}

BOOST_DATA_TEST_CASE_F(Fixture, through_pgbouncer, data::make({0, 4}), partitions) {
  start(partitions);
  PostgresOptions own = options;
  own.url = server.bouncer_url(database);
  own.transaction_pooling = true;
  auto pooled = opened(own);
  for (int round = 0; round < 20; ++round) {
    BOOST_TEST(number(*pooled, {ada}, "SELECT count(*) FROM settings") == 1);
    BOOST_TEST(number(*pooled, {bob}, "SELECT count(*) FROM settings") == 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()
