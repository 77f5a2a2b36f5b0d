#include <string>

#include "storage/scratch.hpp"
#include "storage_fixture.hpp"

namespace omnicrm::storage {
namespace {

struct CacheFixture {
  std::unique_ptr<SqliteConnection> connection =
      need(SqliteConnection::open(":memory:", ":memory:", SQLITE_OPEN_READWRITE));
  [[nodiscard]] const StatementCache& cache() const { return connection->statements(); }
};

std::string numbered(int number) {
  return "SELECT " + std::to_string(number);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(statement_cache, CacheFixture)

BOOST_AUTO_TEST_CASE(a_statement_is_compiled_once) {
  for (int round = 0; round < 10; ++round) {
    auto statement = need(connection->prepare("SELECT ?"));
    statement->bind_int(0, round);
    BOOST_TEST(need(statement->step()));
    BOOST_TEST(statement->get_int(0) == round);
  }
  BOOST_TEST(cache().prepared() == 1U);
  BOOST_TEST(cache().size() == 1U);
  BOOST_TEST(cache().borrowed() == 0U);
}

BOOST_AUTO_TEST_CASE(bindings_do_not_stay_with_a_statement_given_back) {
  {
    auto statement = need(connection->prepare("SELECT ?"));
    statement->bind_text(0, "borrowed");
    BOOST_TEST(need(statement->step()));
  }
  auto again = need(connection->prepare("SELECT ?"));
  BOOST_TEST(need(again->step()));
  BOOST_TEST(again->is_null(0));
}

BOOST_AUTO_TEST_CASE(a_statement_in_use_gets_a_second_copy) {
  {
    auto one = need(connection->prepare("SELECT 7"));
    auto two = need(connection->prepare("SELECT 7"));
    BOOST_TEST(one.get() != two.get());
    BOOST_TEST(need(one->step()));
    BOOST_TEST(need(two->step()));
    BOOST_TEST(one->get_int(0) + two->get_int(0) == 14);
    BOOST_TEST(cache().borrowed() == 2U);
  }
  BOOST_TEST(cache().prepared() == 2U);
  BOOST_TEST(cache().size() == 1U);
  BOOST_TEST(cache().borrowed() == 0U);
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_go_first) {
  constexpr int capacity = 256;
  for (int number = 0; number < capacity; ++number) (void)need(connection->prepare(numbered(number)));
  (void)need(connection->prepare(numbered(0)));  // used again: now 1 is the oldest
  (void)need(connection->prepare(numbered(capacity)));
  BOOST_TEST(cache().size() == std::size_t{capacity});
  const auto before = cache().prepared();
  (void)need(connection->prepare(numbered(0)));
  BOOST_TEST(cache().prepared() == before);
  (void)need(connection->prepare(numbered(1)));
  BOOST_TEST(cache().prepared() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_statement_in_use_is_not_evicted) {
  auto held = need(connection->prepare("SELECT 1234567"));
  for (int number = 0; number < 600; ++number) (void)need(connection->prepare(numbered(number)));
  BOOST_TEST(need(held->step()));
  BOOST_TEST(held->get_int(0) == 1234567);
}

BOOST_AUTO_TEST_CASE(more_than_one_statement_is_refused) {
  BOOST_TEST(!connection->prepare("SELECT 1; SELECT 2").has_value());
  BOOST_TEST(connection->prepare("SELECT 1; \n ").has_value());
  BOOST_TEST(!connection->prepare("-- nothing").has_value());
}

BOOST_AUTO_TEST_CASE(misspelt_names_are_no_texts) {
  BOOST_TEST(!connection->prepare("SELECT \"no_such_column\"").has_value());
}

BOOST_AUTO_TEST_CASE(a_statement_kept_beyond_its_work_is_an_error) {
  StatementPtr kept;
  const auto result = connection->run([&](Connection& inner) -> Result<void> {
    kept = need(inner.prepare("SELECT 1"));
    return {};
  });
  BOOST_TEST((code_of(result) == ErrorCode::internal));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(scratch)

BOOST_AUTO_TEST_CASE(holds_more_than_its_cache) {
  const auto scratch = need(Scratch::open());
  Connection& connection = scratch->connection();
  need(connection.execute("CREATE TABLE keys (k TEXT PRIMARY KEY) WITHOUT ROWID"));
  const std::string padding(200, 'p');
  for (int number = 0; number < 20'000; ++number) {
    const std::string key = std::to_string(number % 10'000) + padding;
    need(execute(connection, "INSERT OR IGNORE INTO keys VALUES (?)", key));
  }
  BOOST_TEST(need(query_one<std::int64_t>(connection, "SELECT count(*) FROM keys")).value() == 10'000);
}

BOOST_AUTO_TEST_CASE(two_are_apart) {
  const auto one = need(Scratch::open());
  const auto two = need(Scratch::open());
  need(one->connection().execute("CREATE TABLE t (n INTEGER)"));
  BOOST_TEST(!two->connection().prepare("SELECT n FROM t").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::storage
