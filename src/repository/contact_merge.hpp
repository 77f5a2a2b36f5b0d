// Making one contact of several, and several again.
#pragma once

#include <vector>

#include <omnicrm/repository/contacts.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

[[nodiscard]] Result<MergeResult> merge_contacts(storage::Connection& connection, const Unit& unit,
                                                 ContactId survivor, const std::vector<ContactId>& absorbed);
[[nodiscard]] Result<Contact> unmerge_contacts(storage::Connection& connection, const Unit& unit,
                                               BatchId merge);

/// Marks `absorbed` as merged away and moves its tags, tasks and nameless participants to `survivor`,
/// recorded under the unit's batch. Its lists and fields are the caller's to take over, after this.
[[nodiscard]] Result<void> absorb_contact(storage::Connection& connection, const Unit& unit,
                                          ContactId survivor, const Contact& absorbed);

/// `survivor` gets what it lacks; entries that it has (by identity) stay as they are. Pure.
void fill_from(Contact& survivor, const Contact& absorbed);

}  // namespace omnicrm::repository
