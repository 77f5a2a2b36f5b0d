// Transactions: all or nothing, snapshots, no nesting, durability.
#include <stdexcept>

#include "testing/storage_conformance_parts.hpp"

namespace omnicrm::testing {
namespace {

using storage::Connection;

constexpr std::string_view make_items = "CREATE TABLE conformance_items (n BIGINT NOT NULL PRIMARY KEY)";
constexpr std::string_view count_items = "SELECT count(*) FROM conformance_items";

Result<void> insert(Connection& connection, std::int64_t n) {
  OMNICRM_TRY(storage::run(connection, "INSERT INTO conformance_items (n) VALUES (?)", n));
  return {};
}

Result<void> commit_is_visible(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  OMNICRM_TRY(bench.write([](Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, 1));
    OMNICRM_TRY(insert(connection, 2));
    OMNICRM_ASSIGN(const auto inside, storage::query_one<std::int64_t>(connection, count_items));
    return expect_equal(inside.value_or(0), 2, "rows seen by the transaction that wrote them");
  }));
  OMNICRM_ASSIGN(const auto count, bench.number(count_items));
  return expect_equal(count, 2, "rows after the commit");
}

Result<void> failing_work_leaves_nothing(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  const Error reason{.code = ErrorCode::conflict,
                     .message = "on purpose",
                     .details = R"({"a":1})",
                     .retryable = true,
                     .needs_user = true};
  const auto result = bench.write([&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(connection.execute("CREATE TABLE conformance_more (n BIGINT)"));
    OMNICRM_TRY(insert(connection, 1));
    return fail(reason);
  });
  OMNICRM_TRY(expect(!result && result.error() == reason, "the work's error is handed on unchanged"));
  OMNICRM_ASSIGN(const auto count, bench.number(count_items));
  OMNICRM_TRY(expect_equal(count, 0, "rows after a failed work"));
  // The table of the failed work is gone too: it can be made.
  return bench.run("CREATE TABLE conformance_more (n BIGINT)");
}

Result<void> thrown_exception_leaves_nothing(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  OMNICRM_TRY(expect_error(bench.write([](Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, 1));
    throw std::runtime_error("on purpose");
  }),
                           ErrorCode::internal, "a work that throws"));
  OMNICRM_TRY(expect_error(bench.read([](Connection&) -> Result<void> { throw 42; }), ErrorCode::internal,
                           "a read that throws"));
  OMNICRM_TRY(bench.write([](Connection& connection) { return insert(connection, 2); }));
  OMNICRM_ASSIGN(const auto sum, bench.number("SELECT sum(n) FROM conformance_items"));
  return expect_equal(sum, 2, "rows after a work that threw");
}

Result<void> failing_statement_leaves_nothing(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  OMNICRM_TRY(expect_error(bench.write([](Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, 1));
    return insert(connection, 1);
  }),
                           ErrorCode::already_exists, "a second row with the same key"));
  OMNICRM_ASSIGN(const auto count, bench.number(count_items));
  return expect_equal(count, 0, "rows after the violation");
}

Result<void> unique_violation_names_the_code(StorageBench& bench) {
  OMNICRM_TRY(
      bench.run("CREATE TABLE conformance_pairs (a BIGINT NOT NULL, b TEXT NOT NULL); "
                "CREATE UNIQUE INDEX conformance_pairs_key ON conformance_pairs (a, b)"));
  const auto put = [](Connection& connection) -> Result<void> {
    OMNICRM_TRY(storage::run(connection, "INSERT INTO conformance_pairs VALUES (?, ?)", 7, "x"));
    return {};
  };
  OMNICRM_TRY(bench.write(put));
  const auto again = bench.write(put);
  OMNICRM_TRY(expect_error(again, ErrorCode::already_exists, "a taken unique value"));
  return expect(!again.error().retryable, "a taken unique value is not retryable");
}

Result<void> reads_cannot_write(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  OMNICRM_TRY(expect_error(bench.read([](Connection& connection) { return insert(connection, 1); }),
                           ErrorCode::failed_precondition, "a write inside a read"));
  OMNICRM_TRY(expect_error(bench.read([](Connection& connection) {
    return connection.execute("CREATE TABLE conformance_x (n BIGINT)");
  }),
                           ErrorCode::failed_precondition, "a new table inside a read"));
  OMNICRM_ASSIGN(const auto count, bench.number(count_items));
  return expect_equal(count, 0, "rows after a refused write");
}

Result<void> transactions_do_not_nest(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  const auto nothing = [](Connection&) -> Result<void> { return {}; };
  OMNICRM_TRY(bench.write([&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, 1));
    OMNICRM_TRY(expect_error(bench.write(nothing), ErrorCode::failed_precondition, "a write inside a write"));
    return expect_error(bench.read(nothing), ErrorCode::failed_precondition, "a read inside a write");
  }));
  OMNICRM_TRY(bench.read([&](Connection&) -> Result<void> {
    OMNICRM_TRY(bench.read(nothing));
    return expect_error(bench.write(nothing), ErrorCode::failed_precondition, "a write inside a read");
  }));
  OMNICRM_ASSIGN(const auto count, bench.number(count_items));
  return expect_equal(count, 1, "rows of the outer write");
}

Result<void> works_cannot_end_their_transaction(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  for (const std::string_view sql : {"COMMIT", "ROLLBACK", "BEGIN"}) {
    const auto result = bench.write([&](Connection& connection) -> Result<void> {
      OMNICRM_TRY(insert(connection, 1));
      return connection.execute(sql);
    });
    OMNICRM_TRY(expect_error(result, ErrorCode::internal, sql));
    OMNICRM_ASSIGN(const auto count, bench.number(count_items));
    OMNICRM_TRY(expect_equal(count, 0, fmt::format("rows after {} in a work", sql)));
  }
  return {};
}

Result<void> commits_outlive_the_storage(StorageBench& bench) {
  if (!bench.can_reopen()) return {};
  OMNICRM_TRY(bench.run(make_items));
  OMNICRM_TRY(bench.write([](Connection& connection) { return insert(connection, 3); }));
  OMNICRM_TRY(expect_error(bench.write([](Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, 4));
    return failure(ErrorCode::cancelled, "on purpose");
  }),
                           ErrorCode::cancelled, "a cancelled work"));
  OMNICRM_TRY(bench.reopen());
  OMNICRM_ASSIGN(const auto sum, bench.number("SELECT sum(n) FROM conformance_items"));
  return expect_equal(sum, 3, "rows after opening anew");
}

}  // namespace

std::vector<StorageTest> transaction_tests() {
  return {{"commit_is_visible", commit_is_visible},
          {"failing_work_leaves_nothing", failing_work_leaves_nothing},
          {"thrown_exception_leaves_nothing", thrown_exception_leaves_nothing},
          {"failing_statement_leaves_nothing", failing_statement_leaves_nothing},
          {"unique_violation_names_the_code", unique_violation_names_the_code},
          {"reads_cannot_write", reads_cannot_write},
          {"transactions_do_not_nest", transactions_do_not_nest},
          {"works_cannot_end_their_transaction", works_cannot_end_their_transaction},
          {"commits_outlive_the_storage", commits_outlive_the_storage}};
}

}  // namespace omnicrm::testing
