// Looks into a database file past the library.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace omnicrm::testing {

/// A connection of its own, in SQLite's own words. One thread. Throws std::runtime_error: a test's bug.
class SqliteFile {
 public:
  explicit SqliteFile(const std::string& path, bool writable = false);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  /// Parameters are bound as blobs. Blobs that are ids come back as hex; nulls as "".
  using Row = std::vector<std::string>;
  [[nodiscard]] std::vector<Row> rows(const std::string& sql, const std::vector<std::string>& blobs = {});
  void each(const std::string& sql, const std::vector<std::string>& blobs,
            const std::function<void(sqlite3_stmt*)>& row);
  [[nodiscard]] std::int64_t number(const std::string& sql, const std::vector<std::string>& blobs = {});
  void execute(const std::string& sql);
  /// Rows of every table.
  [[nodiscard]] std::map<std::string, std::int64_t> row_counts();
  [[nodiscard]] sqlite3* handle() noexcept { return database_; }

 private:
  sqlite3* database_ = nullptr;
};

/// What the full-text indexes hold, entry by entry: the id of the record -> a hash of its words and their
/// places. A line "orphan ..." for every entry without a record.
[[nodiscard]] std::map<std::string, std::string> text_index(const std::string& path);

[[nodiscard]] std::string hex(std::string_view bytes);

}  // namespace omnicrm::testing
