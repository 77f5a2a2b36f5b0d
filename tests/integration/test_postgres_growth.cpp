// The planner's statistics follow a table's growth.
#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;

namespace {

struct Fixture : PostgresFixture {
  Fixture() {
    server.run("postgres", "ALTER SYSTEM SET autovacuum = off");
    server.run("postgres", "SELECT pg_reload_conf()");
    BOOST_REQUIRE(storage->migrate().has_value());
  }
  ~Fixture() {
    server.run("postgres", "ALTER SYSTEM RESET autovacuum");
    server.run("postgres", "SELECT pg_reload_conf()");
  }
  Result<void> put_settings(int from, int to, bool one_by_one = false) {
    constexpr std::array<std::string_view, 4> columns = {"user_id", "name", "value", "updated_at"};
    return storage->write({ada}, [&](Connection& connection) -> Result<void> {
      for (int n = from; n < to; ++n) {
        const std::string name = std::to_string(n);
        auto row = one_by_one ? connection.prepare(
                                    "INSERT INTO settings (user_id, name, value, updated_at) "
                                    "VALUES (?, ?, ?, ?)")
                              : connection.prepare_insert("settings", columns);
        if (!row) return fail(row.error());
        bind_value(**row, 0, ada);
        bind_value(**row, 1, name);
        (*row)->bind_text(2, "x");
        (*row)->bind_int(3, n);
        OMNICRM_TRY((*row)->step());
      }
      return {};
    });
  }
  /// Rows as the planner has them; -1 when it never looked.
  std::int64_t estimate() {
    return number("SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = to_regclass('settings')")
        .value_or(-2);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_growth)

BOOST_AUTO_TEST_CASE(inserts_are_known_by_their_text) {
  BOOST_TEST(inserted_table("INSERT INTO raw_events (a) VALUES (?)") == "raw_events");
  BOOST_TEST(inserted_table("\n  INSERT INTO tags(a)") == "tags");
  BOOST_TEST(inserted_table("UPDATE tags SET a = 1") == "");
  BOOST_TEST(inserted_table("INSERT") == "");
  BOOST_TEST(inserted_table("") == "");
}

BOOST_FIXTURE_TEST_CASE(tables_are_analyzed_as_they_grow, Fixture) {
  BOOST_TEST(estimate() == -1);
  BOOST_REQUIRE(put_settings(0, 200).has_value());
  BOOST_TEST(estimate() == -1);
  BOOST_REQUIRE(put_settings(200, 400).has_value());
  BOOST_TEST(estimate() == 400);
  BOOST_REQUIRE(put_settings(400, 3'000, true).has_value());
  BOOST_TEST(estimate() == 400);  // not yet ten times as many
  BOOST_REQUIRE(put_settings(3'000, 4'100, true).has_value());
  BOOST_TEST(estimate() == 4'100);
  // Of a table that another process had analyzed it is not done again.
  open();
  BOOST_REQUIRE(put_settings(4'100, 4'500).has_value());
  BOOST_TEST(estimate() == 4'100);
}

// What it is for: a plan that was made for the empty table is not kept.
BOOST_FIXTURE_TEST_CASE(plans_of_an_empty_table_are_made_anew, Fixture) {
  options.pool_size = 1;
  open();
  constexpr std::string_view lookup = "SELECT state FROM raw_events WHERE user_id = ? AND id = ?";
  const auto read = [&] {
    const auto done = storage->read({ada}, [&](Connection& connection) -> Result<void> {
      for (int n = 0; n < 20; ++n) OMNICRM_TRY(query_one<std::string>(connection, lookup, ada, ada));
      return {};
    });
    BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
  };
  read();
  const auto filled = storage->write({ada}, [&](Connection& connection) {
    return storage::run(
        connection,
        "INSERT INTO raw_events (user_id, id, connection_id, service, source_id, state, reason, "
        "content_type, size, content_hash, origin, normalizer_version, created_at) "
        "SELECT ?, md5(n::text)::uuid, ?, 'mail', n::text, 'new', '', '', 1, '', '', 1, n "
        "FROM generate_series(1, 20000) AS n",
        ada, ada);
  });
  BOOST_REQUIRE_MESSAGE(filled.has_value(), reason(filled));
  // One statement counts once; the growth is noticed with the next rows.
  const auto more = storage->write({ada}, [&](Connection& connection) -> Result<void> {
    for (int n = 0; n < 300; ++n) {
      const Uuid id = Uuid::from_name(Uuid{}, std::to_string(n));
      const std::string source = "more " + std::to_string(n);
      OMNICRM_TRY(
          storage::run(connection,
                       "INSERT INTO raw_events (user_id, id, connection_id, service, source_id, state, "
                       "reason, content_type, size, content_hash, origin, normalizer_version, created_at) "
                       "VALUES (?, ?, ?, 'mail', ?, 'new', '', '', 1, '', '', 1, 1)",
                       ada, id, ada, source));
    }
    return {};
  });
  BOOST_REQUIRE_MESSAGE(more.has_value(), reason(more));
  const auto blocks = [&] {
    return number("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'raw_events_source'")
        .value_or(-1);
  };
  static_cast<void>(number("SELECT pg_stat_force_next_flush()"));
  const auto before = blocks();
  read();
  static_cast<void>(number("SELECT pg_stat_force_next_flush()"));
  BOOST_TEST(blocks() - before < 100);  // not 20 times all of the user's events
}

BOOST_AUTO_TEST_SUITE_END()
