// A prepared statement, and the cache that keeps a connection's statements prepared.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

struct SqliteFinalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using SqliteHandle = std::unique_ptr<sqlite3_stmt, SqliteFinalize>;

/// Where a connection's errors come from.
struct SqliteSource {
  sqlite3* db = nullptr;
  std::string path;
  bool may_write = true;

  [[nodiscard]] Error error(int code, std::string_view doing) const;
  /// A body of work runs: statements belong to its transaction.
  bool in_work = false;
  /// SQLite rolled the transaction back under a work that goes on (disk full): what it still says must not be
  /// committed statement by statement.
  [[nodiscard]] bool lost_transaction() const noexcept { return in_work && sqlite3_get_autocommit(db) != 0; }
};

class StatementCache;

/// One thread at a time, like its connection.
class SqliteStatement final : public Statement {
 public:
  SqliteStatement(const SqliteSource& source, std::string sql, SqliteHandle handle)
      : source_(source), sql_(std::move(sql)), handle_(std::move(handle)) {}

  void bind_null(int parameter) override;
  void bind_int(int parameter, std::int64_t value) override;
  void bind_real(int parameter, double value) override;
  void bind_text(int parameter, std::string_view value) override;
  void bind_blob(int parameter, std::span<const std::byte> value) override;
  Result<bool> step() override;
  void reset() noexcept override;
  [[nodiscard]] bool is_null(int column) const override;
  [[nodiscard]] std::int64_t get_int(int column) const override;
  [[nodiscard]] double get_real(int column) const override;
  [[nodiscard]] std::string_view get_text(int column) const override;
  [[nodiscard]] std::span<const std::byte> get_blob(int column) const override;

  [[nodiscard]] std::string_view sql() const noexcept { return sql_; }

 private:
  friend class StatementCache;
  void bound(int code) noexcept {
    is_bound_ = true;
    if (code != SQLITE_OK && bind_code_ == SQLITE_OK) bind_code_ = code;
  }

  const SqliteSource& source_;
  std::string sql_;
  SqliteHandle handle_;
  int bind_code_ = SQLITE_OK;  // the first binding that failed; told by step()
  bool is_bound_ = false;
  bool is_done_ = false;  // stepping on would run it again
  bool is_borrowed_ = false;
  bool is_extra_ = false;  // a second copy of a statement that was in use: not kept
  std::list<SqliteStatement>::iterator place_;
};

/// Least recently used statements go first. One thread at a time.
class StatementCache {
 public:
  explicit StatementCache(const SqliteSource& source, std::size_t capacity = 256)
      : source_(source), capacity_(capacity) {}

  [[nodiscard]] Result<SqliteStatement*> take(std::string_view sql);
  void give_back(SqliteStatement* statement) noexcept;
  void clear() noexcept;

  /// Statements in somebody's hands.
  [[nodiscard]] std::size_t borrowed() const noexcept { return borrowed_; }
  [[nodiscard]] std::size_t size() const noexcept { return statements_.size(); }
  /// Statements compiled so far.
  [[nodiscard]] std::size_t prepared() const noexcept { return prepared_; }

 private:
  Result<SqliteHandle> compile(std::string_view sql);
  void evict();

  const SqliteSource& source_;
  std::size_t capacity_;
  std::size_t borrowed_ = 0;
  std::size_t prepared_ = 0;
  std::list<SqliteStatement> statements_;  // most recently used first
  std::list<SqliteStatement> extras_;
  std::unordered_map<std::string_view, std::list<SqliteStatement>::iterator>
      by_sql_;  // keys live in the list
};

}  // namespace omnicrm::storage
