// Pages of contacts in some order, under some condition.
#pragma once

#include <omnicrm/repository/contacts.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/bound_sql.hpp"
#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Live contacts `c` of the user that meet `condition` (empty, or " AND ..."). `query` names the list and its
/// filter for the cursor.
[[nodiscard]] Result<Page<Contact>> list_contacts(storage::Connection& connection, const Unit& unit,
                                                  const BoundSql& condition, ContactOrder order,
                                                  const PageRequest& page, std::string_view query);

}  // namespace omnicrm::repository
