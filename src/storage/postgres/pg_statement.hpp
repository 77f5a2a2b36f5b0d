// A statement of one connection, what the server says of its parameters, and the cache that keeps it
// prepared.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <omnicrm/storage/storage.hpp>

#include "storage/postgres/pg_growth.hpp"
#include "storage/postgres/pg_link.hpp"
#include "storage/postgres/pg_sql.hpp"

namespace omnicrm::storage {

/// What the server inferred of a statement.
struct PgShape {
  std::vector<Oid> parameters;
  int columns = 0;
};

/// A table's columns as the server has them.
struct PgTable {
  struct Column {
    std::string name;
    Oid type = 0;
    Oid array_type = 0;
    std::string type_name;
  };
  std::vector<Column> columns;
};

/// Shapes by SQL, and tables by name, for all connections of a storage, so that only the first use of a
/// statement waits for the server's description. Thread-safe.
class PgShapes {
 public:
  [[nodiscard]] std::shared_ptr<const PgShape> find(std::string_view sql);
  void add(std::string_view sql, std::shared_ptr<const PgShape> shape);
  [[nodiscard]] std::shared_ptr<const PgTable> find_table(std::string_view name);
  void add_table(std::string_view name, std::shared_ptr<const PgTable> table);
  void clear();

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const PgTable>> tables_;
  std::unordered_map<std::string, std::shared_ptr<const PgShape>> shapes_;
};

/// Rows without libpq's overhead: what was left of a stream when another statement needed the connection.
class PgRows {
 public:
  void add(const PGresult* result);
  /// To the next row; false when there is none.
  bool next();
  void clear() noexcept;
  [[nodiscard]] bool is_null(int column) const { return lengths_[index(column)] < 0; }
  [[nodiscard]] std::string_view field(int column) const;

 private:
  [[nodiscard]] std::size_t index(int column) const {
    return (row_ - 1) * columns_ + static_cast<std::size_t>(column);
  }
  std::string bytes_;
  std::vector<int> lengths_;
  std::vector<std::size_t> offsets_;
  std::size_t columns_ = 0;
  std::size_t row_ = 0;  // 1 is the first
};

class PgConnection;

/// One thread at a time, like its connection. A statement without result columns is sent by `step` without
/// waiting: its failure is told by the next call that waits (a query, `changes`, the commit).
class PgStatement final : public Statement {
 public:
  PgStatement(PgConnection& connection, std::string sql, PgSql translated, std::string name)
      : connection_(connection),
        sql_(std::move(sql)),
        translated_(std::move(translated)),
        prepared_(std::make_shared<PgPrepared>(PgPrepared{std::move(name), false})),
        bound_(static_cast<std::size_t>(translated_.parameters)),
        table_(inserted_table(sql_)) {}

  void bind_null(int parameter) override;
  void bind_int(int parameter, std::int64_t value) override;
  void bind_real(int parameter, double value) override;
  void bind_text(int parameter, std::string_view value) override;
  void bind_blob(int parameter, std::span<const std::byte> value) override;
  Result<bool> step() override;
  void reset() noexcept override;
  void stream() override { is_streamed_ = true; }
  [[nodiscard]] bool is_null(int column) const override;
  [[nodiscard]] std::int64_t get_int(int column) const override;
  [[nodiscard]] double get_real(int column) const override;
  [[nodiscard]] std::string_view get_text(int column) const override;
  [[nodiscard]] std::span<const std::byte> get_blob(int column) const override;

  [[nodiscard]] std::string_view sql() const noexcept { return sql_; }

 private:
  friend class PgConnection;
  friend class PgStatementCache;
  void bind(int parameter, PgBound value);
  Result<bool> next_streamed();
  [[nodiscard]] bool has(int column) const noexcept;
  [[nodiscard]] std::string_view field(int column) const;
  [[nodiscard]] Oid type(int column) const;

  PgConnection& connection_;
  std::string sql_;
  PgSql translated_;
  std::shared_ptr<PgPrepared> prepared_;
  std::shared_ptr<const PgShape> shape_;
  std::vector<PgBound> bound_;
  std::string_view table_;  // that it inserts into
  PgResult result_;
  int row_ = -1;
  bool is_done_ = false;
  bool is_misbound_ = false;
  bool is_streamed_ = false;
  PgRows rest_;  // of its stream
  bool in_rest_ = false;
  std::vector<Oid> types_;  // of the stream's columns
  bool is_borrowed_ = false;
  bool is_extra_ = false;  // a second copy of a statement that was in use: not kept
  std::list<PgStatement>::iterator place_;
  mutable std::deque<std::string> scratch_;  // numbers that were read as text, by column
};

/// Least recently used statements go first. One thread at a time.
class PgStatementCache {
 public:
  PgStatementCache(PgConnection& connection, std::size_t capacity)
      : connection_(connection), capacity_(capacity) {}

  [[nodiscard]] Result<PgStatement*> take(std::string_view sql);
  void give_back(PgStatement* statement) noexcept;
  [[nodiscard]] std::size_t borrowed() const noexcept { return borrowed_; }
  [[nodiscard]] std::size_t size() const noexcept { return statements_.size(); }
  /// Names that the server may forget.
  [[nodiscard]] std::vector<std::string> take_dropped() { return std::exchange(dropped_, {}); }

 private:
  void drop(const PgStatement& statement);
  void evict();

  PgConnection& connection_;
  std::size_t capacity_;
  std::size_t borrowed_ = 0;
  std::uint64_t named_ = 0;
  std::list<PgStatement> statements_;  // most recently used first
  std::list<PgStatement> extras_;
  std::vector<std::string> dropped_;
  std::unordered_map<std::string_view, std::list<PgStatement>::iterator> by_sql_;  // keys live in the list
};

}  // namespace omnicrm::storage
