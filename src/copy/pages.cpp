#include "copy/pages.hpp"

#include <algorithm>

#include "copy/copy_state.hpp"
#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

/// How many bytes of rows are in memory at once, about.
constexpr std::size_t page_bytes = std::size_t{16} << 20;
/// The first page of a table, before it is known how large its rows are.
constexpr std::int64_t first_rows = 200;

std::string joined(Key key, std::string_view prefix) {
  std::string text;
  for (const std::string_view name : key) {
    if (!text.empty()) text += ", ";
    text.append(prefix).append(name);
  }
  return text;
}

std::string columns_of(const RowBlock& block) {
  std::string text;
  for (const Column& column : block.columns()) text += (text.empty() ? "" : ", ") + column.name;
  return text;
}

}  // namespace

std::string beyond_sql(Key key, std::string_view prefix) {
  std::string marks;
  for (std::size_t i = 0; i < key.size(); ++i) marks += i == 0 ? "?" : ", ?";
  return " WHERE (" + joined(key, prefix) + ") > (" + marks + ")";
}

std::string order_sql(Key key, std::string_view prefix) {
  return " ORDER BY " + joined(key, prefix);
}

std::int64_t page_limit(std::size_t rows, std::size_t bytes, std::int64_t most) {
  if (rows == 0) return std::min(most, first_rows);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(page_bytes / (bytes / rows + 1)), 1, most);
}

Result<void> TablePages::next(const storage::Scope& scope, std::int64_t most) {
  const std::int64_t limit = page_limit(block_.rows(), block_.bytes(), most);
  OMNICRM_TRY(storage_.read(scope, [&](storage::Connection& connection) { return read(connection, limit); }));
  if (block_.rows() == 0) return {};
  std::vector<Value> last;
  for (const std::string_view name : table_.key(storage_.dialect()))
    last.push_back(block_.value(block_.rows() - 1, block_.column(name)));
  after_ = std::move(last);
  return {};
}

Result<void> TablePages::read(storage::Connection& connection, std::int64_t limit) {
  constexpr UserId nobody{};
  block_.clear();
  const Key key = table_.key(connection.dialect());
  std::string sql = "SELECT " + columns_of(block_) + " FROM " + std::string(table_.name);
  if (!after_.empty()) sql += beyond_sql(key);
  // The copy's own progress is no row of the database.
  const bool has_state = table_.name == "settings";
  if (has_state) sql += std::string(after_.empty() ? " WHERE" : " AND") + " NOT (user_id = ? AND name = ?)";
  sql += order_sql(key) + " LIMIT ?";

  OMNICRM_ASSIGN(const storage::StatementPtr rows, connection.prepare(sql));
  rows->stream();
  int parameter = 0;
  for (const Value& value : after_) bind(*rows, parameter++, value);
  if (has_state) {
    storage::bind_value(*rows, parameter++, nobody);
    storage::bind_value(*rows, parameter++, state_name);
  }
  storage::bind_value(*rows, parameter, limit);
  // Rows that are much larger than those before them end the page early.
  while (block_.bytes() < 4 * page_bytes) {
    OMNICRM_ASSIGN(const bool more, rows->step());
    if (!more) break;
    block_.add(*rows);
  }
  return {};
}

}  // namespace omnicrm::copy
