// The large tables split by hash of their user.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::storage {

/// A migration's text so that the large tables it makes (those that grow with a user's messages) have `count`
/// partitions each. They are reached through their table only: nobody else is granted anything, and
/// row-level security without a policy is forced on each. 0: the text as it is. Errors: `internal` (not SQL).
[[nodiscard]] Result<std::string> with_partitions(std::string_view sql, std::size_t count);

}  // namespace omnicrm::storage
