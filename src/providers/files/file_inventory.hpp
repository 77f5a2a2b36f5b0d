// What there is to read below some paths.
#pragma once

#include <stop_token>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/sync.hpp>

namespace omnicrm::files {

/// One entry a scope: a file, a maildir, or a folder of single messages; in the order of the paths and, below
/// a path, of the names. What is not read is there too, as "ignored" with the reason in `note` (of one folder
/// at most 100, then their number). Hidden files are left out. Links to folders are not followed.
///
/// Errors: `invalid_argument` (no path), `cancelled`, and for a path that the user named what the operating
/// system says; the same below a path is an ignored entry.
[[nodiscard]] Result<std::vector<PlanFile>> inventory_files(const SyncSource& source,
                                                            const std::stop_token& stop);

}  // namespace omnicrm::files
