#include "parts/database_reader.hpp"

#include <stdexcept>

#include "parts/sqlite_file.hpp"
#include "parts/test_database.hpp"
#if OMNICRM_HAVE_POSTGRES
#include "parts/postgres_reader.hpp"
#endif

namespace omnicrm::testing {

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::vector<DatabaseReader::Row> DatabaseReader::rows(const std::string& sql,
                                                      const std::vector<std::string>& ids) {
  std::vector<Row> found;
  each(sql, ids, [&](const auto&, const std::vector<Cell>& cells) {
    Row& out = found.emplace_back();
    for (const Cell& cell : cells) out.push_back(cell.is_blob ? hex(cell.bytes) : cell.bytes);
  });
  return found;
}

std::int64_t DatabaseReader::number(const std::string& sql, const std::vector<std::string>& ids) {
  std::int64_t value = 0;
  each(sql, ids, [&](const auto&, const std::vector<Cell>& cells) {
    value = cells.at(0).bytes.empty() ? 0 : std::stoll(cells[0].bytes);
  });
  return value;
}

std::map<std::string, std::int64_t> DatabaseReader::row_counts() {
  std::map<std::string, std::int64_t> counts;
  for (const std::string& table : tables()) counts[table] = number("SELECT COUNT(*) FROM \"" + table + "\"");
  return counts;
}

std::unique_ptr<DatabaseReader> look_into(const std::string& path) {
  if (!is_server(path)) return std::make_unique<SqliteFile>(path);
#if OMNICRM_HAVE_POSTGRES
  return std::make_unique<PostgresReader>(path);
#else
  throw std::runtime_error("built without PostgreSQL");
#endif
}

std::map<std::string, std::string> text_index(const std::string& path) {
  return look_into(path)->text_index();
}

}  // namespace omnicrm::testing
