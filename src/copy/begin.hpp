// Before the first row: may this be copied there, and from where does it go on?
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/catalogue.hpp"
#include "copy/copy_state.hpp"

namespace omnicrm::copy {

struct Source {
  std::string identity;
  Catalogue catalogue;
  /// Rows of each table, when the copy began or went on.
  std::map<std::string, std::int64_t, std::less<>> rows;
};

/// Errors: `failed_precondition` (another schema, an unfinished copy), `permission_denied` (a role that does
/// not see all users' rows).
[[nodiscard]] Result<Source> examine_source(storage::Storage& from, const storage::Scope& scope);

struct Target {
  CopyState state;
  std::string stored;  ///< the state as it stands in the target
  bool is_resumed = false;
};

/// Refuses a target that is not for this copy before anything is written to it; then brings it to the
/// library's schema and puts the state into it. Errors: `failed_precondition`, `invalid_argument` (the source
/// itself), `permission_denied`.
[[nodiscard]] Result<Target> begin_target(storage::Storage& to, const storage::Scope& scope,
                                          const Source& source);

/// Whether a database may be used as one. Errors: `failed_precondition` for an unfinished copy.
[[nodiscard]] Result<void> check_finished(storage::Storage& storage);

}  // namespace omnicrm::copy
