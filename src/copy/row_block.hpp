// Some rows of a table in memory, on their way from one database to the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/catalogue.hpp"
#include "copy/row_sum.hpp"

namespace omnicrm::copy {

/// One value, apart from its block. For a null none of the two counts.
struct Value {
  Kind kind = Kind::other;
  std::int64_t number = 0;
  std::string bytes;
};

void bind(storage::Statement& statement, int parameter, const Value& value);

/// One thread at a time. Row and column numbers start from 0.
class RowBlock {
 public:
  explicit RowBlock(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void clear();
  /// Keeps the row that `statement` is at; its columns are the block's, in their order.
  void add(const storage::Statement& statement);
  /// Binds a row to the parameters from 0 on; they borrow from the block.
  void bind(storage::Statement& statement, std::size_t row) const;

  /// Adds the rows to a sum: every counted column, by kind and length, so that no two rows look alike.
  void add_to(RowSum& sum) const;

  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t rows() const noexcept {
    return columns_.empty() ? 0 : cells_.size() / columns_.size();
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
  [[nodiscard]] std::size_t column(std::string_view name) const;
  [[nodiscard]] Value value(std::size_t row, std::size_t column) const;

  /// Errors: `invalid_argument` for the first text that PostgreSQL cannot hold (a NUL byte, not UTF-8), with
  /// its table, column and row.
  [[nodiscard]] Result<void> check_texts(const CopiedTable& table) const;

 private:
  struct Cell {
    std::int64_t number = 0;  // or where its bytes begin
    std::size_t size = 0;
    bool is_null = false;
  };
  [[nodiscard]] const Cell& cell(std::size_t row, std::size_t column) const {
    return cells_[row * columns_.size() + column];
  }
  [[nodiscard]] std::string_view text(const Cell& cell) const {
    return std::string_view(bytes_).substr(static_cast<std::size_t>(cell.number), cell.size);
  }
  [[nodiscard]] std::string name_of(const CopiedTable& table, std::size_t row) const;

  std::vector<Column> columns_;
  std::vector<Cell> cells_;
  std::string bytes_;
};

}  // namespace omnicrm::copy
