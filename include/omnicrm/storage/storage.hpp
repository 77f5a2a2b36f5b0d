// The driver seam: transactions, statements, rows. Repositories are written once over this.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
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

  /// Runs to the next row; false when there is none (left), and from then on until `reset`. A statement
  /// without columns may be sent without waiting: then a later call of the connection, or the commit, tells
  /// of its failure.
  virtual Result<bool> step() = 0;
  /// Ready to be bound and run again; bindings are cleared.
  virtual void reset() noexcept = 0;
  /// For a result too large for memory: its rows are fetched while they are read. Call it before the first
  /// `step`; until `reset`. Running another statement of the connection in between may fetch the rest.
  virtual void stream() {}

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

/// A connection inside a transaction. Valid only during the callback that received it. After a statement
/// failed the transaction can only end: return the error. @since 0.1
class Connection {
 public:
  virtual ~Connection() = default;

  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;
  /// A statement from the connection's cache. `sql` is one statement with `?` parameters (numbered in
  /// order of appearance; `?1` forms name a parameter twice). Errors: `internal` (bad SQL).
  virtual Result<StatementPtr> prepare(std::string_view sql) = 0;
  /// A statement that inserts the row it is bound to at each `step` (which gives false). Rows may be
  /// collected and sent together: they are in the table when the connection's next other statement runs, and
  /// that one may tell of their failure; `changes` does not count them. All three are program text;
  /// `on_conflict` is empty or "ON CONFLICT ...". Errors: `internal` (bad SQL).
  virtual Result<StatementPtr> prepare_insert(std::string_view table,
                                              std::span<const std::string_view> columns,
                                              std::string_view on_conflict = {});
  /// Runs one or more statements without parameters and rows. Neither this nor `prepare` may begin or end
  /// transactions (`internal`).
  virtual Result<void> execute(std::string_view sql) = 0;
  /// Rows changed by the last finished insert, update or delete.
  [[nodiscard]] virtual std::int64_t changes() const noexcept = 0;

 private:
  friend struct StatementReturn;
  virtual void give_back(Statement* statement) noexcept = 0;
};

/// How far a session has written; its reads from a replica wait for nothing older. Opaque to all but the
/// storage. Thread-safe. @since 0.1
struct WritePosition {
  std::atomic<std::uint64_t> value = 0;
};

/// For whom, and how, a transaction runs. @since 0.1
struct Scope {
  /// Without a user it is the library itself (claiming jobs, migration).
  std::optional<UserId> user = {};
  /// When asked, waiting (for a connection, a lock, the server) ends and nothing is written: `cancelled`. A
  /// storage that never waits long may not look at it.
  std::stop_token stop = {};
  /// The session's, kept by it while the call lasts. A write moves it; a read that has one may be answered by
  /// a replica that has reached it, a read without one never is.
  WritePosition* written = nullptr;
};

/// The body of a transaction, a read's too. It may run more than once (a serialization failure, a lost
/// connection), and on another thread than the caller's (group commit): it must not rely on thread-local
/// state and must begin from scratch.
using Work = FunctionRef<Result<void>(Connection&)>;

/// A storage at work, for metrics. Absent where a storage has no such thing. @since 0.1
struct StorageStats {
  /// Connections that a call holds, and those that are open and free.
  std::optional<std::int64_t> connections_in_use = {};
  std::optional<std::int64_t> connections_idle = {};
  /// Calls that wait for a connection now.
  std::optional<std::int64_t> calls_waiting = {};
  /// Calls that had to wait so far, and for how long in all.
  std::optional<std::int64_t> waits = {};
  std::optional<std::chrono::microseconds> waited = {};
};

/// Hints between the processes that use one database ("there are jobs"): they arrive within milliseconds, or
/// are lost without a word, so whoever hears them also looks by itself now and then. Thread-safe. @since 0.1
class Signals {
 public:
  virtual ~Signals() = default;
  /// Tells the other processes soon, not this one. `text` is a short word; calls in quick succession become
  /// one. Does not wait for the server.
  virtual void send(std::string_view text) noexcept = 0;
  /// Whether what others send arrives now, as far as is known.
  [[nodiscard]] virtual bool hears() const noexcept = 0;
};

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
  /// Errors: what `work` returned, `unavailable` (locked by another process; server out of reach, or lost
  /// during the commit: then the message says that the outcome is not known), `resource_exhausted` (disk
  /// full, no connection free in time), `permission_denied`, `deadline_exceeded` (the server's limit on a
  /// statement), `cancelled`, `data_loss` (damaged file).
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
  /// Of this process. Asks nobody else, does not block.
  [[nodiscard]] virtual StorageStats stats() const noexcept { return {}; }
  /// Opens a line to the other processes (PostgreSQL: LISTEN and NOTIFY on a session of its own). `heard` is
  /// called with what they send, on a thread that lives as long as the result; it must not block. Without
  /// `heard` it only sends, and there is no thread. Null where the storage has no such thing. The storage
  /// must outlive it.
  virtual Result<std::unique_ptr<Signals>> signals(std::function<void(std::string_view text)> heard);
};

}  // namespace omnicrm::storage
