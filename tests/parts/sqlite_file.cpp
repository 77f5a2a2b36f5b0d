#include "parts/sqlite_file.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "core/sha256.hpp"

namespace omnicrm::testing {
namespace {

std::string_view bytes_of(sqlite3_stmt* row, int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(row, column));
  return {data == nullptr ? "" : data, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

struct TextTable {
  const char* index;
  const char* records;
};

}  // namespace

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

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

void SqliteFile::each(const std::string& sql, const std::vector<std::string>& blobs,
                      const std::function<void(sqlite3_stmt*)>& row) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr);
  int parameter = 0;
  for (const std::string& blob : blobs) {
    sqlite3_bind_blob(statement, ++parameter, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
  }
  if (code == SQLITE_OK) {
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) row(statement);
  }
  sqlite3_finalize(statement);
  if (code != SQLITE_DONE) throw std::runtime_error(sql + ": " + sqlite3_errmsg(database_));
}

std::vector<SqliteFile::Row> SqliteFile::rows(const std::string& sql, const std::vector<std::string>& blobs) {
  std::vector<Row> found;
  each(sql, blobs, [&](sqlite3_stmt* row) {
    Row& out = found.emplace_back();
    for (int column = 0; column < sqlite3_column_count(row); ++column) {
      const bool blob = sqlite3_column_type(row, column) == SQLITE_BLOB;
      out.push_back(blob ? hex(bytes_of(row, column)) : std::string(bytes_of(row, column)));
    }
  });
  return found;
}

std::int64_t SqliteFile::number(const std::string& sql, const std::vector<std::string>& blobs) {
  std::int64_t value = 0;
  each(sql, blobs, [&](sqlite3_stmt* row) { value = sqlite3_column_int64(row, 0); });
  return value;
}

void SqliteFile::execute(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(database_));
  }
}

std::map<std::string, std::int64_t> SqliteFile::row_counts() {
  std::map<std::string, std::int64_t> counts;
  for (const Row& table :
       rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_text\\_%' "
            "ESCAPE '\\' AND name NOT LIKE '%\\_text' ESCAPE '\\' AND name NOT LIKE 'sqlite%'")) {
    counts[table[0]] = number("SELECT COUNT(*) FROM \"" + table[0] + "\"");
  }
  return counts;
}

std::map<std::string, std::string> text_index(const std::string& path) {
  static constexpr std::array<TextTable, 2> tables = {TextTable{"interaction_text", "interactions"},
                                                      TextTable{"contact_text", "contacts"}};
  SqliteFile file(path);
  std::map<std::string, std::string> entries;
  for (const auto& [index, records] : tables) {
    const std::string name = std::string(index) + "_words";
    file.execute("CREATE VIRTUAL TABLE temp." + name + " USING fts5vocab('main', '" + index +
                 "', 'instance')");
    std::map<std::int64_t, Sha256> hashes;
    file.each("SELECT doc, term, col, \"offset\" FROM temp." + name, {}, [&](sqlite3_stmt* row) {
      Sha256& hash = hashes[sqlite3_column_int64(row, 0)];  // the terms come in their order
      for (int column = 1; column < 4; ++column) {
        hash.update(bytes_of(row, column));
        hash.update(std::string_view("\0", 1));
      }
    });
    std::map<std::int64_t, std::string> ids;
    file.each(std::string("SELECT seq, id FROM ") + records, {},
              [&](sqlite3_stmt* row) { ids.emplace(sqlite3_column_int64(row, 0), hex(bytes_of(row, 1))); });
    for (auto& [doc, hash] : hashes) {
      const auto id = ids.find(doc);
      const std::string key = id == ids.end() ? "orphan " + std::to_string(doc) : id->second;
      entries[std::string(records) + " " + key] = to_hex(hash.finish());
    }
  }
  return entries;
}

}  // namespace omnicrm::testing
