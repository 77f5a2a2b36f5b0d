// Which contact a participant is: kept in step with the contacts' identities.
#pragma once

#include <optional>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Points every participant with this e-mail `match_key` to `contact` (or to nobody), and works out again
/// which contact the interactions concerned are chiefly about.
[[nodiscard]] Result<void> link_participants(storage::Connection& connection, const Unit& unit,
                                             std::string_view match_key, std::optional<ContactId> contact);

/// Works out again which contact one interaction is chiefly about (Interaction::contact_id).
[[nodiscard]] Result<void> refresh_primary_contact(storage::Connection& connection, const Unit& unit,
                                                   InteractionId interaction);

}  // namespace omnicrm::repository
