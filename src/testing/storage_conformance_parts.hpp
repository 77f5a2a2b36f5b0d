// What the parts of the storage conformance suite share.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <omnicrm/testing/storage_conformance.hpp>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::testing {

/// A test's storage: empty but for the tables that the test makes.
class StorageBench {
 public:
  StorageBench(const StorageFactory& make, const StorageFactory& reopen) : make_(make), reopen_(reopen) {}

  Result<void> open() { return open_by(make_); }
  [[nodiscard]] bool can_reopen() const { return static_cast<bool>(reopen_); }
  Result<void> reopen() {
    storage_.reset();
    return open_by(reopen_);
  }

  [[nodiscard]] storage::Storage& storage() { return *storage_; }
  Result<void> write(storage::Work work) {
    return observed(work, [&](storage::Work body) { return storage_->write({}, body); });
  }
  Result<void> read(storage::Work work) {
    return observed(work, [&](storage::Work body) { return storage_->read({}, body); });
  }

  /// One or more statements in a transaction of their own.
  Result<void> run(std::string_view sql) {
    return write([&](storage::Connection& connection) { return connection.execute(sql); });
  }
  /// One number from a read of its own.
  Result<std::int64_t> number(std::string_view sql) {
    std::int64_t value = 0;
    OMNICRM_TRY(read([&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(const auto found, storage::query_one<std::int64_t>(connection, sql));
      value = found.value_or(0);
      return {};
    }));
    return value;
  }
  [[nodiscard]] std::string_view blob_type() const {
    return storage_->dialect() == storage::Dialect::sqlite ? "BLOB" : "BYTEA";
  }

 private:
  /// A success without having run the work would pass tests that look from inside.
  static Result<void> observed(storage::Work work, FunctionRef<Result<void>(storage::Work)> transaction) {
    bool was_run = false;
    auto result = transaction([&](storage::Connection& connection) {
      was_run = true;
      return work(connection);
    });
    if (result && !was_run) return failure(ErrorCode::internal, "success without running the work");
    return result;
  }
  Result<void> open_by(const StorageFactory& factory) {
    auto opened = factory();
    if (!opened) return fail(std::move(opened).error());
    storage_ = std::move(*opened);
    return {};
  }

  const StorageFactory& make_;
  const StorageFactory& reopen_;
  std::unique_ptr<storage::Storage> storage_;
};

struct StorageTest {
  std::string_view name;
  Result<void> (*run)(StorageBench&);
};

[[nodiscard]] std::vector<StorageTest> transaction_tests();
[[nodiscard]] std::vector<StorageTest> concurrency_tests();
[[nodiscard]] std::vector<StorageTest> statement_tests();
[[nodiscard]] std::vector<StorageTest> schema_tests();

inline Result<void> broken(std::string what) {
  return failure(ErrorCode::internal, std::move(what));
}

inline Result<void> expect(bool holds, std::string_view promise) {
  if (holds) return {};
  return broken(std::string(promise));
}

template <class A, class B>
Result<void> expect_equal(const A& actual, const B& expected, std::string_view what) {
  if (actual == expected) return {};
  return broken(fmt::format("{}: expected {}, got {}", what, expected, actual));
}

inline Result<void> expect_error(const Result<void>& result, ErrorCode code, std::string_view what) {
  if (result) return broken(fmt::format("{}: succeeded", what));
  if (result.error().code == code) return {};
  return broken(fmt::format("{}: expected {}, got {} ({})", what, to_string(code),
                            to_string(result.error().code), result.error().message));
}

/// Runs `body` in `count` threads; gives the first failure.
Result<void> in_threads(std::size_t count, const std::function<Result<void>(std::size_t)>& body);

}  // namespace omnicrm::testing
