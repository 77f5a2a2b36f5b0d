// Contacts that may be one person.
#pragma once

#include <omnicrm/repository/contacts.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// In three passes, each one walk along an index: the same folded name; "Doe, John" beside "John Doe";
/// numbers whose last nine digits are the same, once with and once without the country. Within a group of
/// equal contacts each is suggested beside one other, so that a group of k gives k-1 suggestions.
///
/// Scores: same name and company domain 0.95; same name and local part of the address 0.85 ("same_name");
/// same name of two words or more 0.7; same digits 0.6. One word alone ("anna") is no hint.
[[nodiscard]] Result<Page<DuplicateSuggestion>> suggest_duplicates(storage::Connection& connection,
                                                                   const Unit& unit, const PageRequest& page);

}  // namespace omnicrm::repository
