#include "storage/sqlite/sqlite_statement.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/sqlite/sqlite_error.hpp"

namespace omnicrm::storage {

Error SqliteSource::error(int code, std::string_view doing) const {
  return sqlite_error(db, code, path, doing, may_write);
}

// SQLite numbers parameters from 1.
void SqliteStatement::bind_null(int parameter) {
  bound(sqlite3_bind_null(handle_.get(), parameter + 1));
}

void SqliteStatement::bind_int(int parameter, std::int64_t value) {
  bound(sqlite3_bind_int64(handle_.get(), parameter + 1, value));
}

void SqliteStatement::bind_real(int parameter, double value) {
  bound(sqlite3_bind_double(handle_.get(), parameter + 1, value));  // stores NaN as NULL
}

// A null pointer would bind NULL: empty text and empty blobs point at something.
void SqliteStatement::bind_text(int parameter, std::string_view value) {
  const char* const data = value.data() != nullptr ? value.data() : "";
  bound(sqlite3_bind_text64(handle_.get(), parameter + 1, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteStatement::bind_blob(int parameter, std::span<const std::byte> value) {
  const void* const data = value.data() != nullptr ? static_cast<const void*>(value.data()) : "";
  bound(sqlite3_bind_blob64(handle_.get(), parameter + 1, data, value.size(), SQLITE_STATIC));
}

Result<bool> SqliteStatement::step() {
  if (bind_code_ != SQLITE_OK) [[unlikely]] {
    is_done_ = true;
    return fail(source_.error(bind_code_, sql_));
  }
  if (is_done_) return false;
  if (source_.lost_transaction()) [[unlikely]] {
    is_done_ = true;
    return failure(ErrorCode::unavailable, source_.path + ": the transaction was rolled back");
  }
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  is_done_ = true;
  if (code == SQLITE_DONE) [[likely]]
    return false;
  Error error = source_.error(code, sql_);
  sqlite3_reset(handle_.get());
  return fail(std::move(error));
}

void SqliteStatement::reset() noexcept {
  sqlite3_reset(handle_.get());
  if (is_bound_) sqlite3_clear_bindings(handle_.get());  // they borrow the caller's bytes
  is_bound_ = false;
  is_done_ = false;
  bind_code_ = SQLITE_OK;
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t SqliteStatement::get_int(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double SqliteStatement::get_real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}

std::string_view SqliteStatement::get_text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::span<const std::byte> SqliteStatement::get_blob(int column) const {
  const auto* const bytes = static_cast<const std::byte*>(sqlite3_column_blob(handle_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

Result<SqliteHandle> StatementCache::compile(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(source_.db, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  SqliteHandle handle(raw);
  if (code != SQLITE_OK) return fail(source_.error(code, sql));
  if (handle == nullptr) return failure(ErrorCode::internal, "an empty SQL statement");
  const std::string_view rest(tail, static_cast<std::size_t>(sql.data() + sql.size() - tail));
  if (rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return failure(ErrorCode::internal, fmt::format("more than one SQL statement: {}", sql.substr(0, 200)));
  }
  ++prepared_;
  return handle;
}

Result<SqliteStatement*> StatementCache::take(std::string_view sql) {
  const auto found = by_sql_.find(sql);
  if (found != by_sql_.end() && !found->second->is_borrowed_) {
    statements_.splice(statements_.begin(), statements_, found->second);
    found->second->is_borrowed_ = true;
    ++borrowed_;
    return &*found->second;
  }
  OMNICRM_ASSIGN(SqliteHandle handle, compile(sql));
  const bool is_extra = found != by_sql_.end();
  auto& list = is_extra ? extras_ : statements_;
  list.emplace_front(source_, std::string(sql), std::move(handle));
  SqliteStatement& statement = list.front();
  statement.place_ = list.begin();
  statement.is_extra_ = is_extra;
  statement.is_borrowed_ = true;
  ++borrowed_;
  if (!is_extra) {
    by_sql_.emplace(statement.sql(), statement.place_);
    if (statements_.size() > capacity_) evict();
  }
  return &statement;
}

void StatementCache::evict() {
  for (auto it = statements_.end(); it != statements_.begin();) {
    --it;
    if (it->is_borrowed_) continue;
    by_sql_.erase(it->sql());
    statements_.erase(it);
    return;
  }
}

void StatementCache::give_back(SqliteStatement* statement) noexcept {
  --borrowed_;
  if (statement->is_extra_) {
    extras_.erase(statement->place_);
    return;
  }
  statement->reset();
  statement->is_borrowed_ = false;
}

void StatementCache::clear() noexcept {
  by_sql_.clear();
  statements_.clear();
  extras_.clear();
  borrowed_ = 0;
}

}  // namespace omnicrm::storage
