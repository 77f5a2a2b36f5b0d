// A user's data without what differs from run to run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/ids.hpp>

namespace omnicrm::testing {

/// One JSON line for each record, sorted. Records name each other by what they are (addresses, source ids)
/// instead of by their ids; versions, batches, times of writing and the files that items were read from are
/// left out, and so are contacts that were merged into others, and which of several items that said the same
/// a claim names.
[[nodiscard]] std::vector<std::string> canonical_dump(const std::string& path, UserId user);
[[nodiscard]] std::vector<std::string> canonical_dump(const std::string& path, std::string_view user_name);

/// The first lines that only one of the two has; empty when they are equal.
[[nodiscard]] std::string difference(const std::vector<std::string>& expected,
                                     const std::vector<std::string>& actual);

/// The lines of one table.
[[nodiscard]] std::vector<std::string> only(const std::vector<std::string>& dump, std::string_view table);

}  // namespace omnicrm::testing
