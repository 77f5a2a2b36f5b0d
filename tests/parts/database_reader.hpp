// Looks into the database under test past the library, whichever storage it is on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace omnicrm::testing {

/// A connection of its own, not the library's. One thread. Throws std::runtime_error: a test's bug.
class DatabaseReader {
 public:
  virtual ~DatabaseReader() = default;

  /// A value as text, or as bytes where it is an id (16 of them) or a blob; "" when null.
  struct Cell {
    std::string bytes;
    bool is_blob = false;
  };
  /// The names of the columns live as long as the call.
  using EachRow = std::function<void(const std::vector<std::string>& names, const std::vector<Cell>& cells)>;
  /// `?` parameters are bound as ids (16 bytes).
  virtual void each(const std::string& sql, const std::vector<std::string>& ids, const EachRow& row) = 0;
  /// Runs SQL behind the library's back.
  virtual void execute(const std::string& sql) = 0;
  /// The tables, without those of the text index.
  [[nodiscard]] virtual std::vector<std::string> tables() = 0;
  /// Every object with its definition.
  [[nodiscard]] virtual std::vector<std::vector<std::string>> schema() = 0;
  /// What the full-text indexes hold, entry by entry: the id of the record -> a hash of its words and their
  /// places. A line "orphan ..." for every entry without a record.
  [[nodiscard]] virtual std::map<std::string, std::string> text_index() = 0;

  /// Blobs in hex.
  using Row = std::vector<std::string>;
  [[nodiscard]] std::vector<Row> rows(const std::string& sql, const std::vector<std::string>& ids = {});
  /// The first column of the last row; 0 when there is none.
  [[nodiscard]] std::int64_t number(const std::string& sql, const std::vector<std::string>& ids = {});
  /// Rows of every table.
  [[nodiscard]] std::map<std::string, std::int64_t> row_counts();
};

/// `path` as in `Options::path`: a file that exists, or a database of the tests' server.
[[nodiscard]] std::unique_ptr<DatabaseReader> look_into(const std::string& path);

[[nodiscard]] std::map<std::string, std::string> text_index(const std::string& path);

[[nodiscard]] std::string hex(std::string_view bytes);

}  // namespace omnicrm::testing
