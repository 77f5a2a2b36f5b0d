// PostgreSQL by libpq alone: what the benchmarks compare with, and how they make their data.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench_check.hpp"

namespace omnicrm::benchmarks {

class BarePg {
 public:
  explicit BarePg(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) give_up(PQerrorMessage(connection_));
    run("SET client_min_messages = warning");
  }
  ~BarePg() { PQfinish(connection_); }
  BarePg(const BarePg&) = delete;
  BarePg& operator=(const BarePg&) = delete;

  /// Runs SQL; gives the first column of the rows.
  std::vector<std::string> run(const std::string& sql) {
    PGresult* const result = PQexec(connection_, sql.c_str());
    const auto status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) give_up(PQerrorMessage(connection_));
    std::vector<std::string> values;
    for (int row = 0; row < PQntuples(result); ++row) values.emplace_back(PQgetvalue(result, row, 0));
    PQclear(result);
    return values;
  }

  void prepare(const char* name, const char* sql) {
    PGresult* const result = PQprepare(connection_, name, sql, 0, nullptr);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) give_up(PQerrorMessage(connection_));
    PQclear(result);
  }
  /// Runs a prepared statement with binary values, binary answers; gives the bytes of its first row.
  std::size_t run_prepared(const char* name, std::span<const std::string_view> values) {
    std::vector<const char*> texts;
    std::vector<int> lengths;
    const std::vector<int> formats(values.size(), 1);
    for (const std::string_view value : values) {
      texts.push_back(value.data());
      lengths.push_back(static_cast<int>(value.size()));
    }
    PGresult* const result = PQexecPrepared(connection_, name, static_cast<int>(values.size()), texts.data(),
                                            lengths.data(), formats.data(), 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) give_up("no row was found");
    std::size_t bytes = 0;
    for (int column = 0; column < PQnfields(result); ++column) {
      bytes += static_cast<std::size_t>(PQgetlength(result, 0, column));
    }
    PQclear(result);
    return bytes;
  }

  /// Runs a prepared statement with values as text; gives the number of its rows, which come in binary.
  int count_prepared(const char* name, std::span<const std::string> values) {
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    PGresult* const result =
        PQexecPrepared(connection_, name, static_cast<int>(values.size()), texts.data(), nullptr, nullptr, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) give_up(PQerrorMessage(connection_));
    const int rows = PQntuples(result);
    PQclear(result);
    return rows;
  }

  void begin_copy(const char* sql) {
    PGresult* const result = PQexec(connection_, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN) give_up(PQerrorMessage(connection_));
    PQclear(result);
  }
  void send(std::string_view bytes) {
    if (PQputCopyData(connection_, bytes.data(), static_cast<int>(bytes.size())) != 1)
      give_up(PQerrorMessage(connection_));
  }
  void end_copy() {
    if (PQputCopyEnd(connection_, nullptr) != 1) give_up(PQerrorMessage(connection_));
    while (PGresult* const result = PQgetResult(connection_)) {
      if (PQresultStatus(result) != PGRES_COMMAND_OK) give_up(PQerrorMessage(connection_));
      PQclear(result);
    }
  }

 private:
  PGconn* connection_;
};

/// A row of COPY's binary format (postgresql.org/docs/15/sql-copy.html, "Binary Format").
class CopyRow {
 public:
  explicit CopyRow(std::string& out, std::int16_t columns) : out_(out) { number(columns); }
  void text(std::string_view value) {
    number(static_cast<std::int32_t>(value.size()));
    out_ += value;
  }
  void null() { number(std::int32_t{-1}); }
  template <class T>
  void integer(T value) {
    number(static_cast<std::int32_t>(sizeof(T)));
    number(value);
  }

  static constexpr std::string_view header{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
  static constexpr std::string_view trailer{"\377\377", 2};

 private:
  template <class T>
  void number(T value) {
    for (int shift = static_cast<int>(sizeof(T) * 8) - 8; shift >= 0; shift -= 8)
      out_ += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff);
  }

  std::string& out_;
};

}  // namespace omnicrm::benchmarks
