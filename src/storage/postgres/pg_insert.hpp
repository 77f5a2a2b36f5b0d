// Rows that are collected for a table and sent together.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <omnicrm/storage/storage.hpp>

#include "storage/postgres/pg_link.hpp"
#include "storage/postgres/pg_statement.hpp"

namespace omnicrm::storage {

class PgConnection;
class PgInsert;

/// The rows for one table, one list of columns and one way out of a conflict: each column an array in the
/// server's binary form, all of them parameters of one INSERT ... SELECT FROM unnest(...). COPY would be
/// quicker, but "COPY FROM is not supported for tables with row-level security"
/// (https://www.postgresql.org/docs/15/sql-copy.html, Notes). One thread at a time, like its connection.
class PgBatch {
 public:
  PgBatch(std::string table, std::span<const std::string_view> columns, std::string on_conflict,
          std::string name);

  [[nodiscard]] bool is_for(std::string_view table, std::span<const std::string_view> columns,
                            std::string_view on_conflict) const noexcept;
  /// What the server says of the table's columns. Errors: `internal` (a column that it has not).
  Result<void> learn(const PgTable& table);
  [[nodiscard]] bool is_learned() const noexcept { return !sql_.empty(); }

  /// Encodes a row behind the others. Errors: `invalid_argument`, `internal`; then nothing was added.
  Result<void> add(std::span<const PgBound> row);
  /// The row at hand has the key of an earlier one: one statement can update a row only once.
  [[nodiscard]] bool is_again(std::span<const PgBound> row) const;
  /// The arrays, complete; valid until the next call.
  [[nodiscard]] const PgParameters& finish();
  void clear() noexcept;

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Each row on its own: which rows are the same cannot be seen in the statement.
  [[nodiscard]] bool is_single() const noexcept { return updates_ && keys_.empty(); }
  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
  [[nodiscard]] const std::string& table() const noexcept { return table_; }
  [[nodiscard]] std::size_t column_count() const noexcept { return columns_.size(); }
  [[nodiscard]] const std::vector<Oid>& types() const noexcept { return array_types_; }
  [[nodiscard]] const std::shared_ptr<PgPrepared>& prepared() const noexcept { return prepared_; }

 private:
  void find_keys();
  /// Words may come as the server's binary form (bytes) or as text: the first row says which.
  void adapt(std::span<const PgBound> row);
  void compose();
  [[nodiscard]] std::string key_of(std::span<const PgBound> row) const;

  const std::string table_;
  std::vector<std::string> columns_;
  const std::string on_conflict_;
  std::shared_ptr<PgPrepared> prepared_;
  std::string sql_;
  struct Type {
    Oid element, array;
    std::string name;
  };
  std::vector<Type> types_;         // of the table's columns
  std::vector<Oid> element_types_;  // on the wire
  std::vector<Oid> array_types_;
  bool updates_ = false;           // ON CONFLICT ... DO UPDATE
  std::vector<std::size_t> keys_;  // its columns
  std::unordered_set<std::string> seen_;
  std::vector<std::string> arrays_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  PgParameters row_;
  PgParameters sent_;
};

/// A row that is bound and added by `step`. One thread at a time.
class PgInsert final : public Statement {
 public:
  PgInsert(PgConnection& connection, PgBatch& batch)
      : connection_(connection), batch_(batch), bound_(batch.column_count()) {}

  void bind_null(int parameter) override { bind(parameter, {}); }
  void bind_int(int parameter, std::int64_t value) override;
  void bind_real(int parameter, double value) override;
  void bind_text(int parameter, std::string_view value) override;
  void bind_blob(int parameter, std::span<const std::byte> value) override;
  Result<bool> step() override;
  void reset() noexcept override;
  [[nodiscard]] bool is_null(int /*column*/) const override { return true; }
  [[nodiscard]] std::int64_t get_int(int /*column*/) const override { return 0; }
  [[nodiscard]] double get_real(int /*column*/) const override { return 0; }
  [[nodiscard]] std::string_view get_text(int /*column*/) const override { return {}; }
  [[nodiscard]] std::span<const std::byte> get_blob(int /*column*/) const override { return {}; }

 private:
  friend class PgInserts;
  void bind(int parameter, PgBound value);

  PgConnection& connection_;
  PgBatch& batch_;
  std::vector<PgBound> bound_;
  bool is_done_ = false;
  bool is_misbound_ = false;
  bool is_borrowed_ = false;
};

/// The batches of a connection. One thread at a time.
class PgInserts {
 public:
  explicit PgInserts(PgConnection& connection) : connection_(connection) {}

  [[nodiscard]] PgBatch* find(std::string_view table, std::span<const std::string_view> columns,
                              std::string_view on_conflict) noexcept;
  [[nodiscard]] PgBatch& make(std::string_view table, std::span<const std::string_view> columns,
                              std::string_view on_conflict);
  [[nodiscard]] PgInsert* lend(PgBatch& batch);
  void give_back(PgInsert* insert) noexcept;
  [[nodiscard]] std::size_t borrowed() const noexcept { return borrowed_; }

  /// A row for `batch` came.
  void note(PgBatch& batch);
  [[nodiscard]] bool is_full() const noexcept;
  /// Those that hold rows, in order of their first row in the transaction: parents before their children.
  [[nodiscard]] const std::vector<PgBatch*>& waiting();
  [[nodiscard]] bool is_empty() const noexcept { return waiting_.empty(); }
  /// Drops the rows.
  void clear() noexcept;
  /// And forgets the order: a transaction begins.
  void restart() noexcept;

 private:
  PgConnection& connection_;
  std::list<PgBatch> batches_;
  std::list<PgInsert> inserts_;
  std::vector<PgBatch*> waiting_;
  std::vector<PgBatch*> order_;  // of the transaction
  std::size_t borrowed_ = 0;
};

}  // namespace omnicrm::storage
