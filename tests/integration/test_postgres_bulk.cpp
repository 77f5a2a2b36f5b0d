// Rows through prepare_insert: collected, sent in order, told of, and refused like any other.
#include <array>
#include <limits>

#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;

namespace {

constexpr std::array<std::string_view, 2> pair = {"n", "name"};
constexpr std::string_view make_rows = "CREATE TABLE rows (n BIGINT NOT NULL PRIMARY KEY, name TEXT)";
constexpr std::string_view make_children =
    "CREATE TABLE children (n BIGINT NOT NULL REFERENCES rows (n), name TEXT)";

Result<void> put(Connection& connection, std::string_view table, std::int64_t n, std::string_view name,
                 std::string_view on_conflict = {}) {
  OMNICRM_ASSIGN(auto row, connection.prepare_insert(table, pair, on_conflict));
  row->bind_int(0, n);
  row->bind_text(1, name);
  OMNICRM_TRY(row->step());
  return {};
}

std::uint64_t round_trips(Connection& connection) {
  return static_cast<PgConnection&>(connection).link().round_trips();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_bulk, PostgresFixture)

BOOST_AUTO_TEST_CASE(rows_are_there_for_the_next_statement) {
  BOOST_REQUIRE(run(make_rows).has_value());
  const auto done = storage->write({}, [](Connection& connection) -> Result<void> {
    for (std::int64_t n = 0; n < 10'000; ++n) {
      OMNICRM_TRY(put(connection, "rows", n, "x"));
      if (n % 2'500 != 0) continue;
      OMNICRM_ASSIGN(const auto count, query_one<std::int64_t>(connection, "SELECT count(*) FROM rows"));
      BOOST_TEST(count.value_or(-1) == n + 1);
    }
    OMNICRM_TRY(storage::run(connection, "UPDATE rows SET name = 'y'"));
    OMNICRM_TRY(put(connection, "rows", -1, "x"));
    BOOST_TEST(connection.changes() == 10'000);  // the UPDATE's: what is collected does not count
    return {};
  });
  BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT count(*) FROM rows WHERE name = 'y'").value_or(-1) == 10'000);
  BOOST_TEST(number("SELECT count(*) FROM rows").value_or(-1) == 10'001);
}

BOOST_AUTO_TEST_CASE(many_rows_wait_for_nothing) {
  BOOST_REQUIRE(run(make_rows).has_value());
  for (int round = 0; round < 2; ++round) {
    std::uint64_t inside = 0;
    const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
      const auto before = round_trips(connection);
      for (std::int64_t n = 0; n < 20'000; ++n) {
        OMNICRM_TRY(put(connection, "rows", round * 20'000 + n, "x"));
      }
      inside = round_trips(connection) - before;
      return {};
    });
    BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
    BOOST_TEST(inside == (round == 0 ? 2U : 0U));  // at first the table's columns are asked for
  }
  BOOST_TEST(number("SELECT count(*) FROM rows").value_or(-1) == 40'000);
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_for_no_rows) {
  BOOST_REQUIRE(run(make_rows).has_value());
  const auto done = storage->write({}, [](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto row, connection.prepare_insert("rows", pair));
    const auto before = round_trips(connection);
    static_cast<void>(connection.changes());
    BOOST_TEST(round_trips(connection) == before);
    return {};
  });
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT count(*) FROM rows").value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(parents_come_first) {
  BOOST_REQUIRE(run(make_rows).has_value());
  BOOST_REQUIRE(run(make_children).has_value());
  const std::string large(3'000, 'x');  // the children's size makes the batch full
  const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
    for (std::int64_t n = 0; n < 5'000; ++n) {
      OMNICRM_TRY(put(connection, "rows", n, "x"));
      OMNICRM_TRY(put(connection, "children", n, large));
    }
    return {};
  });
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT count(*) FROM children").value_or(-1) == 5'000);
}

BOOST_AUTO_TEST_CASE(conflicts) {
  BOOST_REQUIRE(run(make_rows).has_value());
  const auto done = storage->write({}, [](Connection& connection) -> Result<void> {
    constexpr std::string_view last_wins = "ON CONFLICT (n) DO UPDATE SET name = excluded.name";
    for (int round = 0; round < 3; ++round) {
      for (std::int64_t n = 0; n < 100; ++n) {
        OMNICRM_TRY(put(connection, "rows", n % 50, std::to_string(n), last_wins));
        OMNICRM_TRY(put(connection, "rows", n % 60, "never", "ON CONFLICT DO NOTHING"));
      }
    }
    // What the statement does not say is asked row by row.
    OMNICRM_TRY(put(connection, "rows", 7, "a",
                    "ON CONFLICT ON CONSTRAINT rows_pkey DO UPDATE SET name = excluded.name"));
    return put(connection, "rows", 7, "b",
               "ON CONFLICT ON CONSTRAINT rows_pkey DO UPDATE SET name = excluded.name");
  });
  BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT count(*) FROM rows WHERE name = 'never'").value_or(-1) == 10);
  BOOST_TEST(number("SELECT count(*) FROM rows WHERE n < 50 AND name = (n + 50)::text").value_or(-1) == 49);
  BOOST_TEST(number("SELECT count(*) FROM rows WHERE n = 7 AND name = 'b'").value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(a_row_that_is_refused_fails_the_transaction) {
  BOOST_REQUIRE(run(make_rows).has_value());
  for (const bool told_by_query : {true, false}) {
    const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
      OMNICRM_TRY(put(connection, "rows", 1, "x"));
      OMNICRM_TRY(put(connection, "rows", 1, "y"));
      if (!told_by_query) return {};
      const auto count = query_one<std::int64_t>(connection, "SELECT count(*) FROM rows");
      BOOST_TEST(!count.has_value());
      return fail(count.error());
    });
    BOOST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().code == ErrorCode::already_exists), reason(done));
  }
  BOOST_TEST(number("SELECT count(*) FROM rows").value_or(-1) == 0);
  const auto read = storage->read({}, [](Connection& connection) { return put(connection, "rows", 1, "x"); });
  BOOST_REQUIRE(!read.has_value());
  BOOST_TEST((read.error().code == ErrorCode::failed_precondition), reason(read));
}

BOOST_AUTO_TEST_CASE(rows_of_a_transaction_that_failed_are_forgotten) {
  options.pool_size = 1;
  open();
  BOOST_REQUIRE(run(make_rows).has_value());
  const auto failed = storage->write({}, [](Connection& connection) -> Result<void> {
    OMNICRM_TRY(put(connection, "rows", 1, "x"));
    return failure(ErrorCode::conflict, "on purpose");
  });
  BOOST_TEST(!failed.has_value());
  const auto done =
      storage->write({}, [](Connection& connection) { return put(connection, "rows", 2, "x"); });
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT min(n) FROM rows").value_or(-1) == 2);
}

BOOST_AUTO_TEST_CASE(a_bad_value_leaves_the_row_out) {
  BOOST_REQUIRE(run("CREATE TABLE rows (n SMALLINT NOT NULL PRIMARY KEY, name TEXT)").has_value());
  const auto done = storage->write({}, [](Connection& connection) -> Result<void> {
    OMNICRM_TRY(put(connection, "rows", 1, "good"));
    const auto nul = put(connection, "rows", 2, std::string_view("a\0b", 3));
    BOOST_TEST((!nul && nul.error().code == ErrorCode::invalid_argument));
    const auto large = put(connection, "rows", 40'000, "x");
    BOOST_TEST((!large && large.error().code == ErrorCode::invalid_argument));
    return put(connection, "rows", 3, "good");
  });
  BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT sum(n) FROM rows").value_or(-1) == 4);
  const auto unknown = storage->write({}, [](Connection& connection) -> Result<void> {
    OMNICRM_TRY(connection.prepare_insert("nowhere", pair));
    return {};
  });
  BOOST_TEST((!unknown && unknown.error().code == ErrorCode::internal));
}

BOOST_AUTO_TEST_CASE(every_type_comes_back) {
  BOOST_REQUIRE(
      run("CREATE TABLE kinds (id UUID, b BYTEA, r DOUBLE PRECISION, f REAL, flag BOOLEAN, s SMALLINT, "
          "i INTEGER, words TSVECTOR, j JSONB, d NUMERIC, v VARCHAR(20), list TEXT[])")
          .has_value());
  BOOST_REQUIRE(run("CREATE TABLE more_words (words TSVECTOR)").has_value());
  constexpr std::array<std::string_view, 12> columns = {"id", "b",     "r", "f", "flag", "s",
                                                        "i",  "words", "j", "d", "v",    "list"};
  const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(auto row, connection.prepare_insert("kinds", columns));
    const std::string_view bytes("\0\xff", 2);
    bind_value(*row, 0, ada);
    row->bind_blob(1, std::as_bytes(std::span(bytes)));
    row->bind_real(2, -0.5);
    row->bind_real(3, 0.25);
    row->bind_int(4, 1);
    row->bind_int(5, -7);
    row->bind_int(6, 70'000);
    row->bind_text(7, "'cat':1A 'dog':2");
    row->bind_text(8, R"({"a": 1})");
    row->bind_int(9, std::numeric_limits<std::int64_t>::max());
    row->bind_text(10, "short");
    row->bind_text(11, "{a,b}");
    OMNICRM_TRY(row->step());
    row->reset();  // all nulls
    OMNICRM_TRY(row->step());
    // tsvectorsend: one word, one place, weight A.
    OMNICRM_ASSIGN(auto words, connection.prepare_insert("more_words", std::span(columns).subspan(7, 1)));
    const std::string_view fox("\0\0\0\1fox\0\0\1\xc0\5", 12);
    words->bind_blob(0, std::as_bytes(std::span(fox)));
    OMNICRM_TRY(words->step());
    return {};
  });
  BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
  BOOST_TEST(
      number("SELECT count(*) FROM kinds WHERE b = '\\x00ff' AND r = -0.5 AND f = 0.25 AND flag AND s = -7 "
             "AND i = 70000 AND words @@ 'cat:A' AND j->>'a' = '1' AND d = 9223372036854775807 "
             "AND v = 'short' AND list[2] = 'b' AND id = '" +
             ada.to_string() + "'")
          .value_or(-1) == 1);
  BOOST_TEST(number("SELECT count(*) FROM kinds k WHERE k IS NULL").value_or(-1) == 1);
  BOOST_TEST(number("SELECT count(*) FROM more_words WHERE words @@ 'fox:A'").value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(row_security_holds_for_many_rows) {
  BOOST_REQUIRE(storage->migrate().has_value());
  constexpr std::array<std::string_view, 4> columns = {"user_id", "name", "value", "updated_at"};
  const auto put_settings = [&](UserId owner) {
    return storage->write({ada}, [&](Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(auto row, connection.prepare_insert("settings", columns));
      for (int n = 0; n < 5'000; ++n) {
        const std::string name = std::to_string(n);
        bind_value(*row, 0, n == 4'500 ? owner : ada);
        bind_value(*row, 1, name);
        row->bind_text(2, "x");
        row->bind_int(3, n);
        OMNICRM_TRY(row->step());
        row->reset();
      }
      return {};
    });
  };
  const auto refused = put_settings(bob);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::permission_denied), reason(refused));
  BOOST_TEST(number("SELECT count(*) FROM settings").value_or(-1) == 0);
  const auto done = put_settings(ada);
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT count(*) FROM settings", {ada}).value_or(-1) == 5'000);
}

BOOST_AUTO_TEST_CASE(through_pgbouncer) {
  options.url = server.bouncer_url(database);
  options.transaction_pooling = true;
  open();
  BOOST_REQUIRE(run(make_rows).has_value());
  for (int round = 0; round < 3; ++round) {
    const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
      for (std::int64_t n = 0; n < 6'000; ++n) OMNICRM_TRY(put(connection, "rows", n + round * 6'000, "x"));
      return {};
    });
    BOOST_TEST(done.has_value(), reason(done));
  }
  BOOST_TEST(number("SELECT count(*) FROM rows").value_or(-1) == 18'000);
}

BOOST_AUTO_TEST_SUITE_END()
