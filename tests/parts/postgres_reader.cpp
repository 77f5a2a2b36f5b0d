#include "parts/postgres_reader.hpp"

#include <array>
#include <memory>
#include <stdexcept>

#include "core/sha256.hpp"
#include "storage/postgres/pg_sql.hpp"

namespace omnicrm::testing {
namespace {

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

// pg_type.dat of the server's source.
constexpr Oid bool_type = 16;
constexpr Oid bytea_type = 17;
constexpr Oid uuid_type = 2950;

std::string bytes_of_hex(std::string_view digits) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes += static_cast<char>(value(digits[at]) * 16 + value(digits[at + 1]));
  }
  return bytes;
}

/// From the text format of the server.
DatabaseReader::Cell cell_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  std::string text = PQgetvalue(result, row, column);
  switch (PQftype(result, column)) {
    case bool_type:
      return {.bytes = text == "t" ? "1" : "0"};
    case bytea_type:
      return {.bytes = bytes_of_hex(std::string_view(text).substr(2)), .is_blob = true};  // \x...
    case uuid_type:
      std::erase(text, '-');
      return {.bytes = bytes_of_hex(text), .is_blob = true};
    default:
      return {.bytes = std::move(text)};
  }
}

}  // namespace

PostgresReader::PostgresReader(const std::string& url) {
  // What follows a connection string overrides what it says.
  const std::array<const char*, 4> names{"dbname", "user", "options", nullptr};
  const std::array<const char*, 4> values{url.c_str(), "omni", "-c search_path=omnicrm", nullptr};
  connection_ = PQconnectdbParams(names.data(), values.data(), 1);
  if (PQstatus(connection_) != CONNECTION_OK) {
    const std::string message = PQerrorMessage(connection_);
    PQfinish(connection_);
    throw std::runtime_error(message);
  }
}

PostgresReader::~PostgresReader() {
  PQfinish(connection_);
}

void PostgresReader::each(const std::string& sql, const std::vector<std::string>& ids, const EachRow& row) {
  const auto translated = storage::translate_statement(sql);
  if (!translated) throw std::runtime_error(sql + ": " + translated.error().message);
  std::vector<std::string> texts;
  std::vector<const char*> values;
  for (const std::string& id : ids) texts.push_back(hex(id));  // a uuid needs no hyphens
  for (const std::string& text : texts) values.push_back(text.c_str());
  const ResultPtr result(PQexecParams(connection_, translated->text.c_str(), static_cast<int>(values.size()),
                                      nullptr, values.data(), nullptr, nullptr, 0),
                         &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error(sql + ": " + PQerrorMessage(connection_));
  }
  std::vector<std::string> names;
  for (int column = 0; column < PQnfields(result.get()); ++column) {
    names.emplace_back(PQfname(result.get(), column));
  }
  std::vector<Cell> cells(names.size());
  for (int at = 0; at < PQntuples(result.get()); ++at) {
    for (std::size_t column = 0; column < cells.size(); ++column) {
      cells[column] = cell_of(result.get(), at, static_cast<int>(column));
    }
    row(names, cells);
  }
}

void PostgresReader::execute(const std::string& sql) {
  const ResultPtr result(PQexec(connection_, sql.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(sql + ": " + PQerrorMessage(connection_));
  }
}

std::vector<std::string> PostgresReader::tables() {
  std::vector<std::string> names;
  for (const Row& table :
       rows("SELECT relname FROM pg_class WHERE relnamespace = 'omnicrm'::regnamespace AND relkind IN "
            "('r', 'p') AND NOT relispartition AND relname NOT LIKE '%\\_text'")) {
    names.push_back(table[0]);
  }
  return names;
}

std::vector<PostgresReader::Row> PostgresReader::schema() {
  return rows(
      "SELECT table_name, column_name || ' ' || data_type || ' ' || is_nullable FROM "
      "information_schema.columns WHERE table_schema = 'omnicrm' "
      "UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'omnicrm' "
      "UNION ALL SELECT tablename || '.' || policyname, coalesce(qual, '') || ' ' || coalesce(with_check, "
      "'') "
      "FROM pg_policies WHERE schemaname = 'omnicrm' "
      "UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'omnicrm'::regnamespace "
      "ORDER BY 1, 2");
}

std::map<std::string, std::string> PostgresReader::text_index() {
  std::map<std::string, std::string> entries;
  for (const auto& [index, records] :
       {std::pair<std::string, std::string>{"interaction_text", "interactions"},
        {"contact_text", "contacts"}}) {
    for (const Row& row : rows("SELECT r.id, t.seq, CAST(t.words AS text) FROM " + index + " t LEFT JOIN " +
                               records + " r ON r.user_id = t.user_id AND r.seq = t.seq")) {
      entries[records + " " + (row[0].empty() ? "orphan " + row[1] : row[0])] = sha256_hex(row[2]);
    }
  }
  return entries;
}

}  // namespace omnicrm::testing
