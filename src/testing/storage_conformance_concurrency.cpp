// Many threads: isolation, writers that share commits, readers beside a writer.
#include <atomic>
#include <thread>

#include "testing/storage_conformance_parts.hpp"

namespace omnicrm::testing {
namespace {

using storage::Connection;

constexpr std::size_t threads = 8;
constexpr std::string_view make_items = "CREATE TABLE conformance_items (n BIGINT NOT NULL PRIMARY KEY)";
constexpr std::string_view count_items = "SELECT count(*) FROM conformance_items";

Result<void> insert(Connection& connection, std::int64_t n) {
  OMNICRM_TRY(storage::run(connection, "INSERT INTO conformance_items (n) VALUES (?)", n));
  return {};
}

Result<void> no_update_is_lost(StorageBench& bench) {
  OMNICRM_TRY(
      bench.run("CREATE TABLE conformance_sum (n BIGINT NOT NULL); INSERT INTO conformance_sum VALUES (0)"));
  constexpr int rounds = 25;
  OMNICRM_TRY(in_threads(threads, [&](std::size_t) -> Result<void> {
    for (int round = 0; round < rounds; ++round) {
      OMNICRM_TRY(bench.write([](Connection& connection) -> Result<void> {
        OMNICRM_ASSIGN(const auto before,
                       storage::query_one<std::int64_t>(connection, "SELECT n FROM conformance_sum"));
        OMNICRM_TRY(storage::run(connection, "UPDATE conformance_sum SET n = ?", before.value_or(-1) + 1));
        return {};
      }));
    }
    return {};
  }));
  OMNICRM_ASSIGN(const auto sum, bench.number("SELECT n FROM conformance_sum"));
  return expect_equal(sum, rounds * static_cast<std::int64_t>(threads), "increments by all threads");
}

/// Every third work fails after it wrote; beside it, in the same commit perhaps, the others must stand.
Result<void> failures_stay_alone(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  constexpr std::int64_t rounds = 30;
  OMNICRM_TRY(in_threads(threads, [&](std::size_t thread) -> Result<void> {
    for (std::int64_t round = 0; round < rounds; ++round) {
      const bool is_bad = round % 3 == 0;
      const auto n = static_cast<std::int64_t>(thread) * 1'000 + round;
      const auto result = bench.write([&](Connection& connection) -> Result<void> {
        OMNICRM_TRY(insert(connection, n));
        OMNICRM_TRY(insert(connection, 1'000'000 + n));
        if (is_bad) return failure(ErrorCode::conflict, "on purpose");
        return {};
      });
      OMNICRM_TRY(is_bad ? expect_error(result, ErrorCode::conflict, "a failing work") : result);
    }
    return {};
  }));
  OMNICRM_ASSIGN(const auto good, bench.number(count_items));
  OMNICRM_ASSIGN(const auto bad, bench.number("SELECT count(*) FROM conformance_items WHERE n % 1000 % 3 = 0 "
                                              "AND n < 1000000"));
  OMNICRM_TRY(expect_equal(bad, 0, "rows of failed works"));
  return expect_equal(good, static_cast<std::int64_t>(threads) * rounds / 3 * 2 * 2, "rows of good works");
}

Result<void> read_keeps_its_snapshot(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  OMNICRM_TRY(bench.write([](Connection& connection) { return insert(connection, 1); }));
  std::atomic<bool> written = false;
  Result<void> write_result;
  std::thread writer;
  const auto result = bench.read([&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto before, storage::query_one<std::int64_t>(connection, count_items));
    if (!writer.joinable()) {
      writer = std::thread([&] {
        write_result = bench.write([](Connection& inner) { return insert(inner, 2); });
        written = true;
      });
    }
    // A storage may let the writer wait until this read is over: look long enough, then go.
    constexpr int looks = 2'000;
    for (int look = 0; look < looks; ++look) {
      const bool last = written;
      OMNICRM_ASSIGN(const auto now, storage::query_one<std::int64_t>(connection, count_items));
      OMNICRM_TRY(expect_equal(now.value_or(-1), before.value_or(0), "rows seen by one read"));
      if (last) break;
    }
    return {};
  });
  if (writer.joinable()) writer.join();
  OMNICRM_TRY(result);
  OMNICRM_TRY(write_result);
  OMNICRM_ASSIGN(const auto after, bench.number(count_items));
  return expect_equal(after, 2, "rows seen by the next read");
}

/// Two rows whose sum never changes: a read that sees one of them moved has seen half a transaction.
Result<void> no_half_transaction_is_seen(StorageBench& bench) {
  OMNICRM_TRY(
      bench.run("CREATE TABLE conformance_pots (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL); "
                "INSERT INTO conformance_pots VALUES (1, 100), (2, 0)"));
  constexpr int rounds = 60;
  return in_threads(4, [&](std::size_t thread) -> Result<void> {
    for (int round = 0; round < rounds; ++round) {
      if (thread == 0) {
        OMNICRM_TRY(bench.write([](Connection& connection) -> Result<void> {
          OMNICRM_TRY(connection.execute("UPDATE conformance_pots SET n = n - 1 WHERE id = 1"));
          return connection.execute("UPDATE conformance_pots SET n = n + 1 WHERE id = 2");
        }));
        continue;
      }
      OMNICRM_TRY(bench.read([](Connection& connection) -> Result<void> {
        OMNICRM_ASSIGN(const auto one, storage::query_one<std::int64_t>(
                                           connection, "SELECT n FROM conformance_pots WHERE id = 1"));
        OMNICRM_ASSIGN(const auto two, storage::query_one<std::int64_t>(
                                           connection, "SELECT n FROM conformance_pots WHERE id = 2"));
        return expect_equal(one.value_or(0) + two.value_or(0), 100, "the sum seen by a read");
      }));
    }
    return {};
  });
}

Result<void> readers_run_beside_a_writer(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  constexpr std::int64_t rows = 100;
  std::atomic<bool> finished = false;
  return in_threads(5, [&](std::size_t thread) -> Result<void> {
    if (thread == 0) {
      Result<void> result;
      for (std::int64_t n = 0; n < rows && result; ++n) {
        result = bench.write([&](Connection& connection) { return insert(connection, n); });
      }
      finished = true;
      return result;
    }
    std::int64_t last = 0;
    while (true) {
      const bool is_last_look = finished;
      OMNICRM_ASSIGN(const auto count, bench.number(count_items));
      OMNICRM_TRY(expect(count >= last, "a later read sees no fewer commits"));
      last = count;
      if (is_last_look) return expect_equal(last, rows, "rows at the end");
    }
  });
}

/// What one caller was told is durable must be there for everybody's next read.
Result<void> writers_read_their_writes(StorageBench& bench) {
  OMNICRM_TRY(bench.run(make_items));
  return in_threads(threads, [&](std::size_t thread) -> Result<void> {
    for (std::int64_t round = 0; round < 20; ++round) {
      const auto n = static_cast<std::int64_t>(thread) * 1'000 + round;
      OMNICRM_TRY(bench.write([&](Connection& connection) { return insert(connection, n); }));
      OMNICRM_TRY(bench.read([&](Connection& connection) -> Result<void> {
        OMNICRM_ASSIGN(const auto found, storage::query_one<std::int64_t>(
                                             connection, "SELECT n FROM conformance_items WHERE n = ?", n));
        return expect(found.has_value(), "a read after a write sees it");
      }));
    }
    return {};
  });
}

}  // namespace

std::vector<StorageTest> concurrency_tests() {
  return {{"no_update_is_lost", no_update_is_lost},
          {"failures_stay_alone", failures_stay_alone},
          {"read_keeps_its_snapshot", read_keeps_its_snapshot},
          {"no_half_transaction_is_seen", no_half_transaction_is_seen},
          {"readers_run_beside_a_writer", readers_run_beside_a_writer},
          {"writers_read_their_writes", writers_read_their_writes}};
}

}  // namespace omnicrm::testing
