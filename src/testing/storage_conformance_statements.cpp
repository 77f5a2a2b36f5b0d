// Statements and values: what is bound is what is read.
#include <array>
#include <limits>

#include "testing/storage_conformance_parts.hpp"

namespace omnicrm::testing {
namespace {

using storage::Connection;
using storage::Query;

Result<void> make_values(StorageBench& bench) {
  return bench.run(
      fmt::format("CREATE TABLE conformance_values (id BIGINT NOT NULL PRIMARY KEY, i BIGINT, "
                  "r DOUBLE PRECISION, t TEXT, b {})",
                  bench.blob_type()));
}

/// Binds a value to `column`, stores it in a row, and hands the row's column to `look`.
template <class T>
Result<void> round_trip(StorageBench& bench, std::string_view column, const T& value,
                        FunctionRef<Result<void>(Query&)> look) {
  OMNICRM_TRY(bench.write([&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(connection.execute("DELETE FROM conformance_values"));
    const auto sql = fmt::format("INSERT INTO conformance_values (id, {}) VALUES (1, ?)", column);
    OMNICRM_TRY(storage::run(connection, sql, value));
    return {};
  }));
  return bench.read([&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(Query row,
                   Query::run(connection, fmt::format("SELECT {} FROM conformance_values", column)));
    OMNICRM_ASSIGN(const bool any, row.next());
    OMNICRM_TRY(expect(any, "the row is there"));
    return look(row);
  });
}

Result<void> nulls(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  for (const std::string_view column : {"i", "r", "t", "b"}) {
    OMNICRM_TRY(round_trip(bench, column, nullptr, [](const Query& row) -> Result<void> {
      OMNICRM_TRY(expect(row.is_null(0), "null is null"));
      OMNICRM_TRY(expect(!row.get<std::optional<std::int64_t>>(0), "null is no number"));
      return expect(row.get<std::string>(0).empty(), "null reads as empty text");
    }));
  }
  return {};
}

Result<void> integers(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  constexpr std::array<std::int64_t, 7> values = {0,
                                                  1,
                                                  -1,
                                                  (std::int64_t{1} << 53) + 1,
                                                  -(std::int64_t{1} << 53) - 1,
                                                  std::numeric_limits<std::int64_t>::max(),
                                                  std::numeric_limits<std::int64_t>::min()};
  for (const auto value : values) {
    OMNICRM_TRY(round_trip(bench, "i", value, [&](const Query& row) -> Result<void> {
      OMNICRM_TRY(expect(!row.is_null(0), "a number is not null"));
      return expect_equal(row.get<std::int64_t>(0), value, "a number");
    }));
  }
  return {};
}

Result<void> reals(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  using Limits = std::numeric_limits<double>;
  constexpr std::array<double, 9> values = {0.0,
                                            -0.0,
                                            0.1,
                                            -1.5e300,
                                            Limits::max(),
                                            Limits::lowest(),
                                            Limits::min(),
                                            Limits::denorm_min(),
                                            Limits::infinity()};
  for (const auto value : values) {
    OMNICRM_TRY(round_trip(bench, "r", value, [&](const Query& row) {
      return expect_equal(row.get<double>(0), value, "a real number");
    }));
  }
  return round_trip(bench, "r", Limits::quiet_NaN(), [](const Query& row) {
    return expect(row.is_null(0), "not-a-number is stored as null");
  });
}

Result<void> texts(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  const std::vector<std::string> values = {"",
                                           "a",
                                           "it's \"quoted\" \\ ?1 $1 %s",
                                           "\xF0\x9F\x98\x80 \xF0\xA0\x9C\x8E",
                                           "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
                                           "123",
                                           "1e5",
                                           "NULL",
                                           "line\r\nline\t",
                                           std::string(1 << 20, 'x')};
  for (const auto& value : values) {
    OMNICRM_TRY(round_trip(bench, "t", value, [&](const Query& row) -> Result<void> {
      OMNICRM_TRY(expect(!row.is_null(0), "text, also empty text, is not null"));
      return expect(row.get<std::string>(0) == value, fmt::format("text '{}'", value.substr(0, 40)));
    }));
  }
  return round_trip(bench, "t", std::string_view(), [](const Query& row) {
    return expect(!row.is_null(0), "an empty view is empty text, not null");
  });
}

Result<void> text_with_nul(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  const std::string value("before\0after", 12);
  auto result = round_trip(bench, "t", value, [&](const Query& row) {
    return expect(row.get<std::string>(0) == value, "text holding a NUL byte is not cut");
  });
  if (!result && result.error().code == ErrorCode::invalid_argument) return {};  // refusing is right too
  return result;
}

Result<void> blobs(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  std::vector<std::byte> every;
  every.reserve(256);
  for (int value = 0; value < 256; ++value) every.push_back(static_cast<std::byte>(value));
  const std::vector<std::byte> big(1 << 20, std::byte{0xA5});
  for (const auto& value : {std::vector<std::byte>{}, every, big, std::vector<std::byte>{std::byte{0}}}) {
    OMNICRM_TRY(round_trip(bench, "b", std::span<const std::byte>(value), [&](Query& row) -> Result<void> {
      OMNICRM_TRY(expect(!row.is_null(0), "a blob, also an empty one, is not null"));
      const auto read = row.statement().get_blob(0);
      return expect(std::vector<std::byte>(read.begin(), read.end()) == value,
                    fmt::format("a blob of {} bytes", value.size()));
    }));
  }
  return {};
}

Result<void> statements_are_reusable(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  return bench.write([](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(auto insert,
                   connection.prepare("INSERT INTO conformance_values (id, i, t) VALUES (?, ?, ?)"));
    for (std::int64_t id = 0; id < 50; ++id) {
      const std::string text = fmt::format("text {}", id);
      insert->bind_int(0, id);
      if (id % 2 == 0) insert->bind_int(1, id * 10);  // else null: reset clears bindings
      insert->bind_text(2, text);
      OMNICRM_ASSIGN(const bool more, insert->step());
      OMNICRM_TRY(expect(!more, "an insert gives no rows"));
      OMNICRM_ASSIGN(const bool still, insert->step());
      OMNICRM_TRY(expect(!still, "stepping on after the end runs nothing"));
      OMNICRM_TRY(expect_equal(connection.changes(), 1, "rows changed by an insert"));
      insert->reset();
    }
    OMNICRM_ASSIGN(const auto counted,
                   storage::query_one<std::int64_t>(connection, "SELECT count(i) FROM conformance_values"));
    OMNICRM_TRY(expect_equal(counted.value_or(0), 25, "rows where the parameter was bound again"));
    OMNICRM_ASSIGN(const auto changed,
                   storage::execute(connection, "UPDATE conformance_values SET t = ? WHERE id < ?", "x", 10));
    return expect_equal(changed, 10, "rows changed by an update");
  });
}

Result<void> statements_nest(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  OMNICRM_TRY(bench.run("INSERT INTO conformance_values (id, i) VALUES (1, 1), (2, 2), (3, 3)"));
  return bench.read([](Connection& connection) -> Result<void> {
    constexpr std::string_view sql = "SELECT id FROM conformance_values ORDER BY id";
    std::int64_t pairs = 0;
    OMNICRM_ASSIGN(Query outer, Query::run(connection, sql));
    while (true) {
      OMNICRM_ASSIGN(const bool more, outer.next());
      if (!more) break;
      OMNICRM_ASSIGN(Query inner, Query::run(connection, sql));
      while (true) {
        OMNICRM_ASSIGN(const bool any, inner.next());
        if (!any) break;
        pairs += outer.get<std::int64_t>(0) * inner.get<std::int64_t>(0);
      }
    }
    return expect_equal(pairs, 36, "the same statement inside itself");
  });
}

Result<void> parameters_by_number(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  OMNICRM_TRY(bench.run("INSERT INTO conformance_values (id, i) VALUES (1, 5), (2, 9), (5, 1)"));
  return bench.read([](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(
        const auto count,
        storage::query_one<std::int64_t>(
            connection, "SELECT count(*) FROM conformance_values WHERE id = ?1 OR i = ?1 OR i = ?2", 5, 9));
    return expect_equal(count.value_or(0), 3, "a parameter named twice");
  });
}

/// More statements than a cache keeps.
Result<void> many_statements(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  return bench.read([](Connection& connection) -> Result<void> {
    for (int round = 0; round < 2; ++round) {
      for (int number = 0; number < 600; ++number) {
        const auto sql = fmt::format("SELECT CAST(? AS BIGINT) + {}", number);
        OMNICRM_ASSIGN(const auto sum, storage::query_one<std::int64_t>(connection, sql, 1));
        OMNICRM_TRY(expect_equal(sum.value_or(0), number + 1, "one of many statements"));
      }
    }
    return {};
  });
}

Result<void> bad_sql_is_an_error(StorageBench& bench) {
  OMNICRM_TRY(make_values(bench));
  const auto run = [&](std::string_view sql) {
    return bench.read([&](Connection& connection) -> Result<void> {
      OMNICRM_TRY(storage::query_one<std::int64_t>(connection, sql));
      return {};
    });
  };
  OMNICRM_TRY(expect_error(run("SELEKT 1"), ErrorCode::internal, "a misspelt statement"));
  OMNICRM_TRY(expect_error(run("SELECT 1 FROM conformance_missing"), ErrorCode::internal, "a missing table"));
  OMNICRM_TRY(expect_error(run("SELECT no_such_column FROM conformance_values"), ErrorCode::internal,
                           "a missing column"));
  OMNICRM_TRY(expect_error(run(""), ErrorCode::internal, "no statement"));
  OMNICRM_TRY(expect_error(bench.read([](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(Query query, Query::run(connection, "SELECT 1", 1));
    OMNICRM_TRY(query.next());
    return {};
  }),
                           ErrorCode::internal, "a parameter that the statement has not"));
  return run("SELECT 1");
}

}  // namespace

std::vector<StorageTest> statement_tests() {
  return {{"nulls", nulls},
          {"integers", integers},
          {"reals", reals},
          {"texts", texts},
          {"text_with_nul", text_with_nul},
          {"blobs", blobs},
          {"statements_are_reusable", statements_are_reusable},
          {"statements_nest", statements_nest},
          {"parameters_by_number", parameters_by_number},
          {"many_statements", many_statements},
          {"bad_sql_is_an_error", bad_sql_is_an_error}};
}

}  // namespace omnicrm::testing
