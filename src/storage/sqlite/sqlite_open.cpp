#include "storage/sqlite/sqlite_open.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

/// A new file is for its owner only: it holds people's mail. SQLite gives its side files the same mode.
Result<void> make_file(const SqliteTarget& target) {
  struct stat info {};
  if (::stat(target.file.c_str(), &info) == 0) {
    if (S_ISREG(info.st_mode)) return {};
    return failure(ErrorCode::invalid_argument, fmt::format("{}: not a file", target.path));
  }
  const int file = ::open(target.file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return system_failure(errno, "make the database", target.path);
  ::close(file);
  return {};
}

/// Refuses a database that another program made, before anything of it is touched.
Result<bool> is_new(SqliteConnection& connection) {
  OMNICRM_ASSIGN(const auto id, query_one<std::int64_t>(connection, "PRAGMA application_id"));
  if (id == sqlite_application_id) return false;
  OMNICRM_ASSIGN(const auto tables,
                 query_one<std::int64_t>(connection, "SELECT count(*) FROM sqlite_master"));
  if (id == 0 && tables == 0) return true;
  OMNICRM_ASSIGN(
      const auto name,
      query_one<std::string>(connection, "SELECT name FROM sqlite_master ORDER BY rootpage LIMIT 1"));
  return failure(ErrorCode::failed_precondition,
                 fmt::format("{}: a database of another program (application id {}, first table '{}')",
                             connection.path(), id.value_or(0), name.value_or("")));
}

/// SQLite does not wait for a lock where waiting could deadlock; switching to the log is such a place.
Result<void> switch_to_log(SqliteConnection& connection, SqliteConnection::Deadline deadline) {
  while (true) {
    auto mode = query_one<std::string>(connection, "PRAGMA journal_mode = WAL");
    if (mode && *mode == "wal") return {};
    if (mode) {
      return failure(ErrorCode::unsupported,
                     fmt::format("{}: this file system cannot hold a write-ahead log", connection.path()));
    }
    if (mode.error().code != ErrorCode::unavailable || std::chrono::steady_clock::now() >= deadline) {
      return fail(std::move(mode).error());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

/// Marks an empty file as OmniCRM's. Another process may do the same at this moment.
Result<void> claim(SqliteConnection& connection) {
  OMNICRM_TRY(connection.control(Control::begin_write));
  auto done = [&]() -> Result<void> {
    OMNICRM_ASSIGN(const bool still_new, is_new(connection));
    if (!still_new) return {};
    return connection.execute(fmt::format("PRAGMA application_id = {}", sqlite_application_id));
  }();
  auto ended = connection.control(done ? Control::commit : Control::rollback);
  return done ? ended : done;
}

Result<void> set_common(SqliteConnection& connection, std::int64_t cache_kib) {
  return connection.execute(
      fmt::format("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; "
                  "PRAGMA temp_store = FILE; PRAGMA cache_size = -{};",
                  cache_kib));
}

Result<void> set_for_writing(SqliteConnection& connection, const SqliteTarget& target,
                             const SqliteOptions& options, SqliteConnection::Deadline deadline) {
  if (target.is_memory) {
    sqlite3_int64 limit = sqlite3_int64{1} << 40;  // SQLite's own limit for this kind is 1 GiB
    sqlite3_file_control(connection.db(), "main", SQLITE_FCNTL_SIZE_LIMIT, &limit);
    OMNICRM_TRY(connection.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"));
  } else {
    OMNICRM_TRY(switch_to_log(connection, deadline));
    OMNICRM_TRY(
        connection.execute(fmt::format("PRAGMA synchronous = {}; PRAGMA wal_autocheckpoint = 2000; "
                                       "PRAGMA journal_size_limit = 33554432;",
                                       options.full_sync ? "FULL" : "NORMAL")));
  }
  return connection.execute("PRAGMA secure_delete = FAST;");
}

}  // namespace

SqliteTarget sqlite_target(const std::string& path, const void* owner) {
  if (path == ":memory:") {
    // The VFS of in-memory databases that the connections of one process can share (SQLite 3.36).
    return {fmt::format("file:/omnicrm-{}?vfs=memdb", fmt::ptr(owner)), path, true};
  }
  // A file of that name, not a URI.
  return {path.starts_with("file:") ? "./" + path : path, path, false};
}

Result<std::unique_ptr<SqliteConnection>> open_writer(const SqliteTarget& target,
                                                      const SqliteOptions& options) {
  if (target.path.empty()) return invalid("path", "is empty");
  if (target.path.find('\0') != std::string::npos) return invalid("path", "contains a NUL byte");
  if (!target.is_memory) OMNICRM_TRY(make_file(target));
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | (target.is_memory ? SQLITE_OPEN_URI : 0);
  OMNICRM_ASSIGN(auto connection, SqliteConnection::open(target.file, target.path, flags));
  const auto deadline = std::chrono::steady_clock::now() + options.busy_timeout;
  connection->wait_until(deadline);
  if (sqlite3_db_readonly(connection->db(), "main") == 1) {
    return failure(ErrorCode::permission_denied, fmt::format("{}: read-only", target.path));
  }
  OMNICRM_ASSIGN(const bool fresh, is_new(*connection));
  if (fresh) OMNICRM_TRY(connection->execute("PRAGMA page_size = 8192; PRAGMA auto_vacuum = NONE;"));
  OMNICRM_TRY(set_for_writing(*connection, target, options, deadline));
  OMNICRM_TRY(set_common(*connection, options.writer_cache_kib));
  if (fresh) OMNICRM_TRY(claim(*connection));
  return connection;
}

Result<std::unique_ptr<SqliteConnection>> open_reader(const SqliteTarget& target,
                                                      const SqliteOptions& options) {
  // Not SQLITE_OPEN_READONLY: a reader of a log must be able to make its index and to recover it.
  const int flags = SQLITE_OPEN_READWRITE | (target.is_memory ? SQLITE_OPEN_URI : 0);
  OMNICRM_ASSIGN(auto connection, SqliteConnection::open(target.file, target.path, flags));
  connection->wait_until(std::chrono::steady_clock::now() + options.busy_timeout);
  OMNICRM_TRY(set_common(*connection, options.reader_cache_kib));
  OMNICRM_TRY(connection->make_read_only());
  return connection;
}

}  // namespace omnicrm::storage
