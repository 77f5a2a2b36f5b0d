// Contacts by parts of names, addresses, numbers and organizations.
#pragma once

#include <string_view>

#include <omnicrm/repository/contacts.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Ranks what the index finds: the whole name, the name's beginning, beginnings of its words, an address's
/// beginning, any part; then by name. At most 2,000 contacts are ranked: when more match, those added last,
/// and the first 500 whose name begins with the text. Words of one or two letters match beginnings of words
/// only.
[[nodiscard]] Result<Page<ContactHit>> search_contacts(storage::Connection& connection, const Unit& unit,
                                                       std::string_view text, const PageRequest& page);

}  // namespace omnicrm::repository
