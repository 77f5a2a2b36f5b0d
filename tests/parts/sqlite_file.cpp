#include "parts/sqlite_file.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>

#include "core/sha256.hpp"

namespace omnicrm::testing {
namespace {

DatabaseReader::Cell cell_of(sqlite3_stmt* row, int column) {
  const bool is_blob = sqlite3_column_type(row, column) == SQLITE_BLOB;
  const auto* data = static_cast<const char*>(sqlite3_column_blob(row, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  return {.bytes = data == nullptr ? std::string() : std::string(data, size), .is_blob = is_blob};
}

struct TextTable {
  const char* index;
  const char* records;
};

}  // namespace

SqliteFile::SqliteFile(const std::string& path, bool writable) {
  const int flags = writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  if (sqlite3_open_v2(path.c_str(), &database_, flags, nullptr) != SQLITE_OK) {
    const std::string message = sqlite3_errmsg(database_);
    sqlite3_close_v2(database_);
    throw std::runtime_error(path + ": " + message);
  }
  sqlite3_busy_timeout(database_, 5'000);
}

SqliteFile::~SqliteFile() {
  sqlite3_close_v2(database_);
}

void SqliteFile::each(const std::string& sql, const std::vector<std::string>& ids, const EachRow& row) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr);
  int parameter = 0;
  for (const std::string& id : ids) {
    sqlite3_bind_blob(statement, ++parameter, id.data(), static_cast<int>(id.size()), SQLITE_TRANSIENT);
  }
  std::vector<std::string> names;
  for (int column = 0; column < sqlite3_column_count(statement); ++column) {
    names.emplace_back(sqlite3_column_name(statement, column));
  }
  std::vector<Cell> cells(names.size());
  if (code == SQLITE_OK) {
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      for (std::size_t at = 0; at < cells.size(); ++at) cells[at] = cell_of(statement, static_cast<int>(at));
      row(names, cells);
    }
  }
  sqlite3_finalize(statement);
  if (code != SQLITE_DONE) throw std::runtime_error(sql + ": " + sqlite3_errmsg(database_));
}

void SqliteFile::execute(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(database_));
  }
}

std::vector<std::string> SqliteFile::tables() {
  std::vector<std::string> names;
  for (const Row& table :
       rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_text\\_%' "
            "ESCAPE '\\' AND name NOT LIKE '%\\_text' ESCAPE '\\' AND name NOT LIKE 'sqlite%'")) {
    names.push_back(table[0]);
  }
  return names;
}

std::vector<SqliteFile::Row> SqliteFile::schema() {
  return rows("SELECT name, sql FROM sqlite_schema ORDER BY name");
}

std::map<std::string, std::string> SqliteFile::text_index() {
  static constexpr std::array<TextTable, 2> texts = {TextTable{"interaction_text", "interactions"},
                                                     TextTable{"contact_text", "contacts"}};
  std::map<std::string, std::string> entries;
  for (const auto& [index, records] : texts) {
    const std::string name = std::string(index) + "_words";
    execute("CREATE VIRTUAL TABLE temp." + name + " USING fts5vocab('main', '" + index + "', 'instance')");
    std::map<std::string, Sha256> hashes;
    each("SELECT doc, term, col, \"offset\" FROM temp." + name, {},
         [&](const auto&, const std::vector<Cell>& cells) {
           Sha256& hash = hashes[cells[0].bytes];  // the terms come in their order
           for (std::size_t column = 1; column < 4; ++column) {
             hash.update(cells[column].bytes);
             hash.update(std::string_view("\0", 1));
           }
         });
    execute("DROP TABLE temp." + name);
    std::map<std::string, std::string> ids;
    for (const Row& row : rows(std::string("SELECT seq, id FROM ") + records)) ids.emplace(row[0], row[1]);
    for (auto& [doc, hash] : hashes) {
      const auto id = ids.find(doc);
      const std::string key = id == ids.end() ? "orphan " + doc : id->second;
      entries[std::string(records) + " " + key] = to_hex(hash.finish());
    }
  }
  return entries;
}

}  // namespace omnicrm::testing
