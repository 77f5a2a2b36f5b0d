// A whole environment for tests: a migrated database in memory (or in a file, or on the tests' server), a
// clock that stands still, randomness from a seed, and helpers to look at what is stored.
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "parts/fake_clock.hpp"
#include "parts/test_database.hpp"
#include "repository/unit.hpp"
#include "storage/query.hpp"

namespace omnicrm::testing {

/// The value, or the end of the test with the error's message.
template <class T>
T must(Result<T> result) {
  if (!result) BOOST_FAIL(to_string(result.error().code) << ": " << result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  BOOST_REQUIRE_MESSAGE(!result, "should have failed");
  return result.error().code;
}

struct TestEnvironment {
  explicit TestEnvironment(const std::string& path = ":memory:", std::uint64_t seed = 1)
      : clock(std::make_shared<FakeClock>()), random(std::make_shared<SeededRandom>(seed)) {
    auto environment = std::make_shared<repository::Environment>();
    environment->storage = storage_at(is_server(path) ? path : databases.make(path));
    environment->clock = clock;
    environment->random = random;
    environment->ids = std::make_shared<IdGenerator>(clock, random);
    shared = std::move(environment);
  }

  /// A user's unit; "ada" unless named.
  [[nodiscard]] repository::Unit unit(std::string_view user = "ada", std::string actor = "user") const {
    return {shared, must(user_id(user)), std::move(actor)};
  }

  /// Runs `work(connection)` in one write transaction.
  template <class F>
  auto write(const repository::Unit& unit, F&& work) const {
    return must(unit.write(std::forward<F>(work)));
  }

  /// All rows of a query as text: for comparing states. Columns by '|', rows by newlines, blobs in hex.
  [[nodiscard]] std::string dump(const std::string& sql) const {
    std::string text;
    must(shared->storage->read({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql));
      text.clear();
      while (true) {
        OMNICRM_ASSIGN(const bool more, rows.next());
        if (!more) return {};
        text += rows.get<std::string>(0) + '\n';
      }
    }));
    return text;
  }

  [[nodiscard]] std::int64_t count(const std::string& sql) const {
    std::int64_t number = 0;
    must(shared->storage->read({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(const auto found, storage::query_one<std::int64_t>(connection, sql));
      number = found.value_or(0);
      return {};
    }));
    return number;
  }

  /// Runs SQL behind the library's back.
  void sql(const std::string& text) const {
    must(shared->storage->write({},
                                [&](storage::Connection& connection) { return connection.execute(text); }));
  }

  TestDatabases databases;
  std::shared_ptr<FakeClock> clock;
  std::shared_ptr<SeededRandom> random;
  std::shared_ptr<const repository::Environment> shared;
};

}  // namespace omnicrm::testing
