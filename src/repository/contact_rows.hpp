// A contact's row together with all that is derived from it: identities, search index, links of the timeline.
// Every write of a contact goes through here.
#pragma once

#include <optional>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/contact_identities.hpp"
#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Also deleted ones and those merged away.
[[nodiscard]] Result<std::optional<Contact>> load_contact(storage::Connection& connection, const Unit& unit,
                                                          ContactId id);
/// Errors: `not_found` (never there, deleted, merged away).
[[nodiscard]] Result<Contact> live_contact(storage::Connection& connection, const Unit& unit, ContactId id);

/// Stores a new contact as it is given. Errors: `already_exists` (an identity).
[[nodiscard]] Result<void> insert_contact(storage::Connection& connection, const Unit& unit,
                                          const Contact& contact);

/// Puts `after` in the place of `before` as it is given: version and times too. Leaves no images: for undo.
[[nodiscard]] Result<void> write_contact(storage::Connection& connection, const Unit& unit,
                                         const Contact& before, const Contact& after);

/// A change: `after` gets the next version and the time, a batch gets before- and after-image.
[[nodiscard]] Result<void> change_contact(storage::Connection& connection, const Unit& unit,
                                          const Contact& before, Contact& after);

/// Removes the row for good, with its tags: for undoing its creation.
[[nodiscard]] Result<void> erase_contact(storage::Connection& connection, const Unit& unit,
                                         const Contact& contact);

/// For sorting and finding: the folded name.
[[nodiscard]] std::string sort_name(std::string_view name);

}  // namespace omnicrm::repository
