// Walking through a table of either dialect, some rows at a time, by its key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/row_block.hpp"
#include "copy/tables.hpp"

namespace omnicrm::copy {

/// " WHERE (user_id, id) > (?, ?)" and " ORDER BY user_id, id", the names behind `prefix` ("i.").
[[nodiscard]] std::string beyond_sql(Key key, std::string_view prefix = {});
[[nodiscard]] std::string order_sql(Key key, std::string_view prefix = {});

/// How many rows the next page should have, by those of the last one: it stays near 16 MiB. `most` at the
/// most.
[[nodiscard]] std::int64_t page_limit(std::size_t rows, std::size_t bytes, std::int64_t most);

/// One database's table, read page by page. One thread at a time.
class TablePages {
 public:
  TablePages(storage::Storage& storage, const CopiedTable& table, std::vector<Column> columns)
      : storage_(storage), table_(table), block_(std::move(columns)) {}

  /// Goes on behind that row; empty: from the beginning.
  void start_after(std::vector<Value> key) { after_ = std::move(key); }
  /// Reads the next rows, `most` at the most and fewer when they are large. Empty: the end.
  [[nodiscard]] Result<void> next(const storage::Scope& scope, std::int64_t most);

  [[nodiscard]] RowBlock& block() noexcept { return block_; }
  /// The key of the block's last row.
  [[nodiscard]] const std::vector<Value>& last() const noexcept { return after_; }

 private:
  [[nodiscard]] Result<void> read(storage::Connection& connection, std::int64_t limit);

  storage::Storage& storage_;
  const CopiedTable& table_;
  RowBlock block_;
  std::vector<Value> after_;
};

}  // namespace omnicrm::copy
