// SQLite's result codes as errors of ours.
#pragma once

#include <sqlite3.h>

#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::storage {

/// What went wrong on `db` (the call that just failed gave `code`, an extended result code). `path` is the
/// database as the host named it; `doing` is what was tried, or the SQL text, which holds no values.
/// `may_write` is false for a connection that only reads: there a refused write is the caller's mistake.
[[nodiscard]] Error sqlite_error(sqlite3* db, int code, std::string_view path, std::string_view doing,
                                 bool may_write = true);

}  // namespace omnicrm::storage
