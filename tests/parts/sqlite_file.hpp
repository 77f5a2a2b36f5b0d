// Looks into an SQLite file past the library.
#pragma once

#include <sqlite3.h>

#include <map>
#include <string>
#include <vector>

#include "parts/database_reader.hpp"

namespace omnicrm::testing {

class SqliteFile final : public DatabaseReader {
 public:
  /// The file has to be there, unless `writable`.
  explicit SqliteFile(const std::string& path, bool writable = false);
  ~SqliteFile() override;
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  void each(const std::string& sql, const std::vector<std::string>& ids, const EachRow& row) override;
  void execute(const std::string& sql) override;
  [[nodiscard]] std::vector<std::string> tables() override;
  [[nodiscard]] std::vector<Row> schema() override;
  [[nodiscard]] std::map<std::string, std::string> text_index() override;
  [[nodiscard]] sqlite3* handle() noexcept { return database_; }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace omnicrm::testing
