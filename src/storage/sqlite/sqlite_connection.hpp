// One SQLite connection: statements, the words that begin and end transactions, waiting for locks.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <omnicrm/storage/storage.hpp>

#include "storage/sqlite/sqlite_statement.hpp"

namespace omnicrm::storage {

/// The statements around a body of work.
enum class Control { begin_read, begin_write, commit, rollback, savepoint, release, rollback_to };

/// One thread at a time (SQLite's own mutexes are off).
class SqliteConnection final : public Connection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// `file` is what SQLite opens (SQLITE_OPEN_NOMUTEX is added to `flags`), `path` what errors call it.
  [[nodiscard]] static Result<std::unique_ptr<SqliteConnection>> open(const std::string& file,
                                                                      std::string path, int flags);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::sqlite; }
  Result<StatementPtr> prepare(std::string_view sql) override;
  Result<void> execute(std::string_view sql) override;
  [[nodiscard]] std::int64_t changes() const noexcept override;

  /// Runs one of the control statements (kept prepared).
  Result<void> control(Control what);
  /// Runs a body of work. Whatever it throws becomes an `internal` error; SQL that would end the
  /// transaction under it is refused.
  Result<void> run(Work work);

  /// How long statements wait for another process's lock from now on.
  void wait_until(Deadline deadline) noexcept { deadline_ = deadline; }
  /// From here on writing is `failed_precondition`.
  Result<void> make_read_only();
  [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(source_.db) == 0; }
  [[nodiscard]] sqlite3* db() const noexcept { return source_.db; }
  [[nodiscard]] const std::string& path() const noexcept { return source_.path; }
  [[nodiscard]] const StatementCache& statements() const noexcept { return cache_; }
  [[nodiscard]] Error error(int code, std::string_view doing) const { return source_.error(code, doing); }

 private:
  explicit SqliteConnection(std::string path) : source_{nullptr, std::move(path), true, false}, cache_(source_) {}
  void give_back(Statement* statement) noexcept override;
  static int wait_for_lock(void* self, int attempt) noexcept;
  static int authorize(void* self, int action, const char* first, const char* second, const char* database,
                       const char* trigger) noexcept;

  SqliteSource source_;
  StatementCache cache_;
  SqliteHandle controls_[7];
  Deadline deadline_{};
  std::uint64_t jitter_ = 0;
};

}  // namespace omnicrm::storage
