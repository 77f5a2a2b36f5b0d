// Items of sources that a user does not want back.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::repository {

/// How a suppression names an item.
[[nodiscard]] std::string item_name(std::string_view service, std::string_view source_id);

/// Those of `names` that are suppressed.
[[nodiscard]] Result<std::set<std::string, std::less<>>> suppressed_items(storage::Connection& connection,
                                                                          UserId user,
                                                                          std::span<const std::string> names);

}  // namespace omnicrm::repository
