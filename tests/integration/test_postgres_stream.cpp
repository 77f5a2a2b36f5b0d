// Results that are read while they arrive.
#include <fstream>

#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;

namespace {

constexpr std::string_view thousands =
    "SELECT n, CASE WHEN n % 3 = 0 THEN NULL ELSE n::text END, n * 0.5 "
    "FROM generate_series(1, ?) AS n";

Result<StatementPtr> begin(Connection& connection, std::int64_t rows, std::string_view sql = thousands) {
  OMNICRM_ASSIGN(auto statement, connection.prepare(sql));
  statement->bind_int(0, rows);
  statement->stream();
  return statement;
}

/// The row is the n-th of `thousands`.
void check_row(const Statement& row, std::int64_t n) {
  BOOST_REQUIRE(row.get_int(0) == n);
  BOOST_REQUIRE(row.is_null(1) == (n % 3 == 0));
  if (n % 3 != 0) BOOST_REQUIRE(row.get_text(1) == std::to_string(n));
  BOOST_REQUIRE(row.get_real(2) == static_cast<double>(n) * 0.5);
}

// What sanitizers keep of freed memory would be counted, too.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool counts_memory = false;
#elif defined(__has_feature)
constexpr bool counts_memory = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool counts_memory = true;
#endif

std::int64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_stream, PostgresFixture)

BOOST_AUTO_TEST_CASE(rows_come_as_they_are) {
  for (const std::int64_t rows : {0, 1, 2, 10'000}) {
    const auto done = storage->read({}, [&](Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(auto statement, begin(connection, rows));
      std::int64_t n = 0;
      while (true) {
        OMNICRM_ASSIGN(const bool more, statement->step());
        if (!more) break;
        check_row(*statement, ++n);
      }
      BOOST_TEST(n == rows);
      OMNICRM_ASSIGN(const bool more, statement->step());
      BOOST_TEST(!more);
      // The same statement again, whole this time.
      statement->reset();
      statement->bind_int(0, 2);
      OMNICRM_TRY(statement->step());
      check_row(*statement, 1);
      return {};
    });
    BOOST_TEST(done.has_value(), reason(done));
  }
}

BOOST_AUTO_TEST_CASE(a_large_result_does_not_stay_in_memory) {
  const auto before = resident_kib();
  const auto done = storage->read({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(auto statement,
                   begin(connection, 30'000, "SELECT n, repeat('x', 10000) FROM generate_series(1, ?) AS n"));
    std::int64_t bytes = 0;
    while (true) {
      OMNICRM_ASSIGN(const bool more, statement->step());
      if (!more) break;
      bytes += std::ssize(statement->get_text(1));
    }
    BOOST_TEST(bytes == 300'000'000);
    return {};
  });
  BOOST_TEST(done.has_value(), reason(done));
  if (counts_memory) BOOST_TEST(resident_kib() - before < 50'000);
}

BOOST_AUTO_TEST_CASE(other_statements_in_between) {
  BOOST_REQUIRE(run("CREATE TABLE seen (n BIGINT)").has_value());
  const auto done = storage->write({}, [](Connection& connection) -> Result<void> {
    constexpr std::array<std::string_view, 1> column = {"n"};
    OMNICRM_ASSIGN(auto outer, begin(connection, 3'000));
    OMNICRM_ASSIGN(auto rows, connection.prepare_insert("seen", column));
    for (std::int64_t n = 1;; ++n) {
      OMNICRM_ASSIGN(const bool more, outer->step());
      if (!more) break;
      check_row(*outer, n);
      rows->bind_int(0, n);
      OMNICRM_TRY(rows->step());
      rows->reset();
      if (n == 1'000) OMNICRM_TRY(storage::run(connection, "INSERT INTO seen VALUES (0)"));
      if (n != 2'000) continue;
      // A stream within the stream.
      OMNICRM_ASSIGN(auto inner, begin(connection, 10));
      OMNICRM_TRY(inner->step());
      check_row(*inner, 1);
      OMNICRM_ASSIGN(const auto count, query_one<std::int64_t>(connection, "SELECT count(*) FROM seen"));
      BOOST_TEST(count.value_or(-1) == 2'001);
      OMNICRM_TRY(inner->step());
      check_row(*inner, 2);
      // And one that is left at once.
      OMNICRM_ASSIGN(auto left, begin(connection, 10));
      OMNICRM_TRY(left->step());
    }
    return {};
  });
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(number("SELECT count(*) FROM seen").value_or(-1) == 3'001);
}

BOOST_AUTO_TEST_CASE(left_before_its_end) {
  options.pool_size = 1;
  open();
  const auto left = storage->read({}, [](Connection& connection) -> Result<void> {
    {
      OMNICRM_ASSIGN(auto statement, begin(connection, 5'000));
      OMNICRM_TRY(statement->step());
    }
    OMNICRM_ASSIGN(const auto one, query_one<std::int64_t>(connection, "SELECT 1"));
    BOOST_TEST(one.value_or(-1) == 1);
    return {};
  });
  BOOST_TEST(left.has_value(), reason(left));
  const auto failed = storage->read({}, [](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(auto statement, begin(connection, 5'000));
    OMNICRM_TRY(statement->step());
    return failure(ErrorCode::conflict, "on purpose");
  });
  BOOST_TEST((!failed && failed.error().code == ErrorCode::conflict));
  BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
  BOOST_TEST(storage->pool().counts().made == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_in_the_middle) {
  const auto failed = storage->read({}, [](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(auto statement,
                   begin(connection, 100, "SELECT 10 / (50 - n) FROM generate_series(1, ?) AS n"));
    int rows = 0;
    while (true) {
      const auto more = statement->step();
      if (!more) {
        BOOST_TEST(rows == 49);
        return fail(more.error());
      }
      if (!*more) return {};
      ++rows;
    }
  });
  BOOST_REQUIRE(!failed.has_value());
  BOOST_TEST((failed.error().code == ErrorCode::invalid_argument), reason(failed));
  BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_lost_in_the_middle) {
  int runs = 0;
  const auto done = storage->read({}, [&](Connection& connection) -> Result<void> {
    ++runs;
    OMNICRM_ASSIGN(auto statement,
                   begin(connection, 20'000, "SELECT n, repeat('x', 1000) FROM generate_series(1, ?) AS n"));
    std::int64_t n = 0;
    while (true) {
      OMNICRM_ASSIGN(const bool more, statement->step());
      if (!more) break;
      if (++n == 10 && runs == 1) kill_connections();
    }
    BOOST_TEST(n == 20'000);
    return {};
  });
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(runs == 2);
}

BOOST_AUTO_TEST_SUITE_END()
