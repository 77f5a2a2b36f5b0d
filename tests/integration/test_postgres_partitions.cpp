// Tables split by hash of their user: the same storage, and what Citus asks for as well.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <omnicrm/testing/storage_conformance.hpp>

#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;
namespace data = boost::unit_test::data;

BOOST_FIXTURE_TEST_SUITE(postgres_partitions, PostgresFixture)

BOOST_DATA_TEST_CASE(conformance, data::make(omnicrm::testing::storage_conformance_tests())) {
  options.partitions = 4;
  const auto open_again = [&] { return storage::postgres(options); };
  for (const auto& failure :
       omnicrm::testing::run_storage_conformance(open_again, {.reopen = open_again, .only = sample})) {
    BOOST_ERROR(failure.test + ": " + failure.message);
  }
}

BOOST_AUTO_TEST_CASE(rows_spread_and_come_back) {
  options.partitions = 4;
  open();
  BOOST_REQUIRE(storage->migrate().has_value());
  constexpr std::array<std::string_view, 7> columns = {"user_id", "batch_id", "seq",  "table_name",
                                                       "row_id",  "before",   "after"};
  for (int user = 0; user < 64; ++user) {
    const UserId id{Uuid::from_name(Uuid{}, std::to_string(user))};
    const auto done = storage->write({id}, [&](Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(auto row, connection.prepare_insert("batch_changes", columns));
      for (int n = 0; n < 50; ++n) {
        bind_value(*row, 0, id);
        bind_value(*row, 1, id);
        row->bind_int(2, n);
        row->bind_text(3, "contacts");
        bind_value(*row, 4, id);
        OMNICRM_TRY(row->step());
        row->reset();
      }
      return {};
    });
    BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
    BOOST_TEST(number("SELECT count(*) FROM batch_changes", {id}).value_or(-1) == 50);
  }
  // As the superuser, who passes the policies: no partition holds all, none is empty.
  BOOST_TEST(number("SELECT count(*) FROM (SELECT tableoid FROM batch_changes GROUP BY tableoid) AS parts")
                 .value_or(-1) == 4);
  BOOST_TEST(number("SELECT count(*) FROM batch_changes").value_or(-1) == 64 * 50);
}

BOOST_AUTO_TEST_CASE(the_schema_is_the_same_with_and_without) {
  BOOST_REQUIRE(storage->migrate().has_value());
  constexpr std::string_view hash =
      "SELECT CAST(('x' || left(schema_hash, 15))::bit(60) AS bigint) FROM "
      "schema_migrations";
  const auto whole = number(hash);
  options.url = server.url(server.make_database());
  options.partitions = 3;
  open();
  BOOST_REQUIRE(storage->migrate().has_value());
  BOOST_TEST(number(hash).value_or(-1) == whole.value_or(-2));
  BOOST_TEST(number("SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'").value_or(-1) ==
             36);
  // Asked for afterwards it changes nothing.
  options.partitions = 8;
  open();
  BOOST_TEST(storage->migrate().has_value());
  BOOST_TEST(number("SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'").value_or(-1) ==
             36);
}

// create_distributed_table(table, 'user_id') asks for this: every unique constraint holds the distribution
// column, and references pair it with itself. (Hash partitions ask for the first, too.)
BOOST_DATA_TEST_CASE(every_key_holds_the_user, data::make({0, 4}), partitions) {
  options.partitions = static_cast<std::size_t>(partitions);
  open();
  BOOST_REQUIRE(storage->migrate().has_value());
  const std::string user_tables =
      "FROM pg_class c JOIN pg_attribute u ON u.attrelid = c.oid AND u.attname = 'user_id' AND NOT "
      "u.attisdropped ";
  const std::string here = "c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') ";
  BOOST_TEST(
      number("SELECT count(*) " + user_tables + "WHERE " + here + "AND NOT c.relispartition").value_or(-1) >
      30);
  // The first column, so that it also serves the lookups of one user.
  BOOST_TEST(number("SELECT count(*) " + user_tables + "JOIN pg_index x ON x.indrelid = c.oid WHERE " + here +
                    "AND x.indisunique AND x.indkey[0] <> u.attnum")
                 .value_or(-1) == 0);
  BOOST_TEST(number("SELECT count(*) " + user_tables + "JOIN pg_constraint k ON k.conrelid = c.oid WHERE " +
                    here + "AND k.contype IN ('p', 'u', 'x') AND NOT u.attnum = ANY (k.conkey)")
                 .value_or(-1) == 0);
  const std::string references =
      user_tables +
      "JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' "
      "LEFT JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attname = 'user_id' WHERE " +
      here;
  BOOST_TEST(number("SELECT count(*) " + references).value_or(-1) > 0);
  BOOST_TEST(number("SELECT count(*) " + references +
                    "AND (f.attnum IS NULL OR array_position(k.conkey, u.attnum) IS DISTINCT FROM "
                    "array_position(k.confkey, f.attnum) OR NOT u.attnum = ANY (k.conkey))")
                 .value_or(-1) == 0);
  // Tables without a user are the library's own; nothing of a user's refers to them.
  BOOST_TEST(number("SELECT count(*) FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = "
                    "current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_attribute u WHERE "
                    "u.attrelid = k.conrelid AND u.attname = 'user_id')")
                 .value_or(-1) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
