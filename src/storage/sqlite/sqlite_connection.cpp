#include "storage/sqlite/sqlite_connection.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/sqlite/sqlite_error.hpp"

namespace omnicrm::storage {
namespace {

constexpr std::string_view savepoint_name = "omnicrm_work";

constexpr std::array<std::string_view, 7> control_sql = {
    "BEGIN DEFERRED",       "BEGIN IMMEDIATE",         "COMMIT", "ROLLBACK", "SAVEPOINT omnicrm_work",
    "RELEASE omnicrm_work", "ROLLBACK TO omnicrm_work"};

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& file, std::string path,
                                                                 int flags) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(std::move(path)));
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection->source_.db = db;
  if (code != SQLITE_OK) return fail(connection->error(code, "open"));
  connection->jitter_ = reinterpret_cast<std::uintptr_t>(db) >> 4;
  sqlite3_busy_handler(db, &wait_for_lock, connection.get());
  sqlite3_set_authorizer(db, &authorize, connection.get());
  // Double quotes are for names only, so that a misspelt column is an error and not a text.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  // Ordinary SQL cannot damage the file (write to the schema or to FTS5's own tables).
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return connection;
}

SqliteConnection::~SqliteConnection() {
  cache_.clear();
  for (SqliteHandle& handle : controls_) handle.reset();
  sqlite3_close_v2(source_.db);
}

Result<StatementPtr> SqliteConnection::prepare(std::string_view sql) {
  auto statement = cache_.take(sql);
  if (!statement) [[unlikely]]
    return fail(std::move(statement).error());
  return StatementPtr(*statement, StatementReturn{this});
}

void SqliteConnection::give_back(Statement* statement) noexcept {
  cache_.give_back(static_cast<SqliteStatement*>(statement));
}

Result<void> SqliteConnection::execute(std::string_view sql) {
  if (source_.lost_transaction()) return failure(ErrorCode::unavailable, path() + ": the transaction was rolled back");
  const std::string text(sql);
  const int code = sqlite3_exec(source_.db, text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code, sql));
  return {};
}

std::int64_t SqliteConnection::changes() const noexcept {
  return sqlite3_changes64(source_.db);
}

Result<void> SqliteConnection::control(Control what) {
  const auto index = static_cast<std::size_t>(what);
  SqliteHandle& handle = controls_[index];
  if (handle == nullptr) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(source_.db, control_sql[index].data(), -1, SQLITE_PREPARE_PERSISTENT,
                                        &raw, nullptr);
    handle.reset(raw);
    if (code != SQLITE_OK) return fail(error(code, control_sql[index]));
  }
  const int code = sqlite3_step(handle.get());
  if (code == SQLITE_DONE) [[likely]] {
    sqlite3_reset(handle.get());
    return {};
  }
  Error problem = error(code, control_sql[index]);
  sqlite3_reset(handle.get());
  return fail(std::move(problem));
}

Result<void> SqliteConnection::run(Work work) {
  const auto borrowed = cache_.borrowed();
  source_.in_work = true;
  Result<void> result;
  try {
    result = work(*this);
  } catch (const std::exception& thrown) {
    result = failure(ErrorCode::internal, fmt::format("thrown in a transaction: {}", thrown.what()));
  } catch (...) {
    result = failure(ErrorCode::internal, "thrown in a transaction: not a std::exception");
  }
  source_.in_work = false;
  if (result && cache_.borrowed() != borrowed) {
    result = failure(ErrorCode::internal, "a statement was kept beyond its transaction");
  }
  return result;
}

Result<void> SqliteConnection::make_read_only() {
  OMNICRM_TRY(execute("PRAGMA query_only = ON"));
  source_.may_write = false;
  return {};
}

/// Waits a little longer each time, up to 25 ms, and never twice as long as another process that waits.
int SqliteConnection::wait_for_lock(void* self, int attempt) noexcept {
  auto& connection = *static_cast<SqliteConnection*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (now >= connection.deadline_) return 0;
  constexpr std::int64_t longest_us = 25'000;
  const std::int64_t step = std::min<std::int64_t>(longest_us, std::int64_t{100} << std::min(attempt, 8));
  connection.jitter_ = connection.jitter_ * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's MMIX
  const auto jitter = static_cast<std::int64_t>(connection.jitter_ >> 33) % (step / 2 + 1);
  const auto pause = std::chrono::microseconds(step / 2 + jitter);
  std::this_thread::sleep_for(
      std::min<std::chrono::steady_clock::duration>(pause, connection.deadline_ - now));
  return 1;
}

/// A body of work must neither end the transaction it is in nor our savepoint, nor reach other files.
int SqliteConnection::authorize(void* self, int action, const char* /*first*/, const char* second,
                                const char* /*database*/, const char* /*trigger*/) noexcept {
  if (!static_cast<SqliteConnection*>(self)->source_.in_work) return SQLITE_OK;
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return SQLITE_DENY;
    case SQLITE_SAVEPOINT:
      return second != nullptr && second == savepoint_name ? SQLITE_DENY : SQLITE_OK;
    default:
      return SQLITE_OK;
  }
}

}  // namespace omnicrm::storage
