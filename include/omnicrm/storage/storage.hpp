// The driver seam: transactions, statements, rows. Repositories are written once over this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/function_ref.hpp>
#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>

namespace omnicrm::storage {

/// Which SQL a storage speaks. @since 0.1
enum class Dialect { sqlite, postgres };

/// A prepared statement. Parameters and columns are numbered from 0. One thread at a time. Text and blobs
/// that are bound are borrowed: they must stay alive until the last `step` (or `reset`); those that are read
/// live until the next `step` or `reset`. A NaN is stored as null; text holding a NUL byte is stored whole or
/// refused, never cut. A binding that fails (no such parameter) is told by `step`. @since 0.1
class Statement {
 public:
  virtual ~Statement() = default;

  virtual void bind_null(int parameter) = 0;
  virtual void bind_int(int parameter, std::int64_t value) = 0;
  virtual void bind_real(int parameter, double value) = 0;
  virtual void bind_text(int parameter, std::string_view value) = 0;
  virtual void bind_blob(int parameter, std::span<const std::byte> value) = 0;

  /// Runs to the next row; false when there is none (left), and from then on until `reset`.
  virtual Result<bool> step() = 0;
  /// Ready to be bound and run again; bindings are cleared.
  virtual void reset() noexcept = 0;

  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t get_int(int column) const = 0;
  [[nodiscard]] virtual double get_real(int column) const = 0;
  [[nodiscard]] virtual std::string_view get_text(int column) const = 0;
  [[nodiscard]] virtual std::span<const std::byte> get_blob(int column) const = 0;
};

/// Gives a statement back to its connection's cache. @since 0.1
struct StatementReturn {
  class Connection* owner = nullptr;
  void operator()(Statement* statement) const noexcept;
};
using StatementPtr = std::unique_ptr<Statement, StatementReturn>;

/// A connection inside a transaction. Valid only during the callback that received it. @since 0.1
class Connection {
 public:
  virtual ~Connection() = default;

  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;
  /// A statement from the connection's cache. `sql` is one statement with `?` parameters (numbered in
  /// order of appearance; `?1` forms name a parameter twice). Errors: `internal` (bad SQL).
  virtual Result<StatementPtr> prepare(std::string_view sql) = 0;
  /// Runs one or more statements without parameters and rows. Neither this nor `prepare` may begin or end
  /// transactions (`internal`).
  virtual Result<void> execute(std::string_view sql) = 0;
  /// Rows changed by the last finished insert, update or delete.
  [[nodiscard]] virtual std::int64_t changes() const noexcept = 0;

 private:
  friend struct StatementReturn;
  virtual void give_back(Statement* statement) noexcept = 0;
};

/// For whom a transaction runs. Without a user it is the library itself (claiming jobs, migration). @since
/// 0.1
struct Scope {
  std::optional<UserId> user;
};

/// The body of a transaction. It may run more than once (a serialization failure), and on another thread
/// than the caller's (group commit): it must not rely on thread-local state and must begin from scratch.
using Work = FunctionRef<Result<void>(Connection&)>;

/// One database. Thread-safe. @since 0.1
class Storage {
 public:
  virtual ~Storage() = default;

  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;

  /// Runs `work` on a consistent snapshot, taken when it first reads. Many reads run at once, also beside a
  /// write. Writing in it fails (`failed_precondition`). May be called inside another `read`, but not inside
  /// a `write` on the same storage and thread (`failed_precondition`): read through that one's connection.
  virtual Result<void> read(const Scope& scope, Work work) = 0;

  /// Runs `work` atomically: all of it is durable when this returns success, nothing of it otherwise.
  /// Concurrent calls may share one commit. Blocks for the commit. Must not be called from inside another
  /// `write` or `read` on the same storage and thread (`failed_precondition`). What `work` throws becomes
  /// `internal`.
  /// Errors: what `work` returned, `unavailable` (locked by another process), `resource_exhausted` (disk
  /// full), `data_loss` (damaged file).
  virtual Result<void> write(const Scope& scope, Work work) = 0;

  /// Brings the schema up to date, one process at a time. Errors: `failed_precondition` (the schema is newer
  /// than this library, or another program's), `data_loss` (an applied migration was altered).
  virtual Result<void> migrate() = 0;
  /// Number of the last applied migration; 0 for an empty database.
  virtual Result<std::int64_t> schema_version() = 0;

  /// Copies the database to `path` while it is in use; the copy is consistent and appears under its name only
  /// when it is complete. Errors: `already_exists`, `unsupported`, file errors.
  virtual Result<void> backup(const std::string& path) = 0;
  /// Problems found in the file's structure; empty when sound. Reads everything.
  virtual Result<std::vector<std::string>> check() = 0;
};

}  // namespace omnicrm::storage
