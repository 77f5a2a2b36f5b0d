#include "storage/sqlite/sqlite_error.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace omnicrm::storage {
namespace {

struct Kind {
  ErrorCode code = ErrorCode::internal;
  std::string_view reason;
  bool retryable = false;
  bool needs_user = false;
};

bool is_full(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

bool is_forbidden(int system_error) {
  return system_error == EACCES || system_error == EPERM || system_error == EROFS;
}

Kind io_kind(int code, int system_error) {
  if (is_full(system_error)) return {ErrorCode::resource_exhausted, "disk full", false, true};
  if (is_forbidden(system_error)) return {ErrorCode::permission_denied, "not allowed", false, true};
  if (code == SQLITE_IOERR_NOMEM) return {ErrorCode::resource_exhausted, "out of memory", true, false};
  if (code == SQLITE_IOERR_CORRUPTFS || code == SQLITE_IOERR_DATA) {
    return {ErrorCode::data_loss, "damaged file", false, true};
  }
  return {ErrorCode::unavailable, "the disk does not answer", true, false};
}

Kind open_kind(int system_error) {
  if (is_full(system_error)) return {ErrorCode::resource_exhausted, "disk full", false, true};
  if (is_forbidden(system_error)) return {ErrorCode::permission_denied, "not allowed", false, true};
  if (system_error == ENOENT || system_error == ENOTDIR) {
    return {ErrorCode::not_found, "no such folder", false, true};
  }
  if (system_error == EMFILE || system_error == ENFILE) {
    return {ErrorCode::resource_exhausted, "too many open files", true, false};
  }
  return {ErrorCode::unavailable, "cannot be opened", true, false};
}

Kind constraint_kind(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return {ErrorCode::already_exists, "already there"};
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {ErrorCode::failed_precondition, "refers to a row that is not there"};
    case SQLITE_CONSTRAINT_TRIGGER:
      return {ErrorCode::failed_precondition, "refused by the schema"};
    default:
      return {ErrorCode::invalid_argument, "refused by the schema"};
  }
}

Kind kind_of(int code, int system_error, bool may_write) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
      return {ErrorCode::unavailable, "locked by another process", true, false};
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_SCHEMA:
      return {ErrorCode::unavailable, "in use", true, false};
    case SQLITE_FULL:
      return {ErrorCode::resource_exhausted, "disk full", false, true};
    case SQLITE_NOMEM:
      return {ErrorCode::resource_exhausted, "out of memory", true, false};
    case SQLITE_TOOBIG:
      return {ErrorCode::resource_exhausted, "value too large"};
    case SQLITE_IOERR:
      return io_kind(code, system_error);
    case SQLITE_CANTOPEN:
      return open_kind(system_error);
    case SQLITE_CORRUPT:
      return {ErrorCode::data_loss, "damaged file", false, true};
    case SQLITE_NOTADB:
      return {ErrorCode::data_loss, "not a database", false, true};
    case SQLITE_CONSTRAINT:
      return constraint_kind(code);
    case SQLITE_MISMATCH:
      return {ErrorCode::invalid_argument, "wrong type"};
    case SQLITE_READONLY:
      if (!may_write) return {ErrorCode::failed_precondition, "a read transaction cannot write"};
      return {ErrorCode::permission_denied, "read-only", false, true};
    case SQLITE_PERM:
      return {ErrorCode::permission_denied, "not allowed", false, true};
    case SQLITE_INTERRUPT:
      return {ErrorCode::cancelled, "interrupted", true, false};
    default:
      return {ErrorCode::internal, "refused by SQLite"};
  }
}

/// The system's reason for a failed call. SQLite keeps the thread's errno, which its own clean-up may have
/// overwritten; each file keeps that of its last failed write.
int system_reason(sqlite3* db, int code) {
  if (db == nullptr) return 0;
  int reason = sqlite3_system_errno(db);
  if ((code & 0xff) != SQLITE_IOERR || is_full(reason)) return reason;
  int of_file = 0;
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file) == SQLITE_OK && of_file != 0) {
    reason = of_file;
  }
  sqlite3_file* journal = nullptr;  // or the write-ahead log
  if (!is_full(reason) &&
      sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal) == SQLITE_OK &&
      journal != nullptr && journal->pMethods != nullptr &&
      journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO, &of_file) == SQLITE_OK &&
      of_file != 0) {
    reason = of_file;
  }
  return reason;
}

/// "UNIQUE constraint failed: tags.user_id, tags.name" -> table and columns;
/// "...: index 'name'" (an index on an expression) -> index.
void add_constraint(boost::json::object& details, std::string_view message) {
  const auto colon = message.find(": ");
  if (colon == std::string_view::npos) return;
  std::string_view rest = message.substr(colon + 2);
  if (rest.starts_with("index '")) {
    rest.remove_prefix(7);
    details["index"] = std::string(rest.substr(0, rest.find('\'')));
    return;
  }
  boost::json::array columns;
  while (!rest.empty()) {
    const auto comma = rest.find(", ");
    const std::string_view name = rest.substr(0, comma);
    const auto dot = name.find('.');
    if (dot != std::string_view::npos) {
      details["table"] = std::string(name.substr(0, dot));
      columns.emplace_back(std::string(name.substr(dot + 1)));
    }
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 2);
  }
  if (!columns.empty()) details["columns"] = std::move(columns);
}

}  // namespace

Error sqlite_error(sqlite3* db, int code, std::string_view path, std::string_view doing, bool may_write) {
  const int system_error = system_reason(db, code);
  const Kind kind = kind_of(code, system_error, may_write);
  // A stale message of another call must not stand in for this code's.
  const bool is_current = db != nullptr && sqlite3_extended_errcode(db) == code;
  const std::string_view message = is_current ? sqlite3_errmsg(db) : sqlite3_errstr(code);

  boost::json::object details{{"path", path}, {"sqlite_code", code}};
  if (kind.code == ErrorCode::already_exists) add_constraint(details, message);
  std::string text = fmt::format("{}: {}: {}", path, kind.reason, message);
  const int group = code & 0xff;
  if ((group == SQLITE_IOERR || group == SQLITE_CANTOPEN) && system_error != 0) {
    text += fmt::format(" ({})", std::strerror(system_error));  // NOLINT(concurrency-mt-unsafe)
    details["errno"] = system_error;
  }
  constexpr std::size_t longest_quote = 200;
  if (!doing.empty()) text += fmt::format(" [{}]", doing.substr(0, longest_quote));
  return Error{.code = kind.code,
               .message = std::move(text),
               .details = boost::json::serialize(details),
               .retryable = kind.retryable,
               .needs_user = kind.needs_user};
}

}  // namespace omnicrm::storage
