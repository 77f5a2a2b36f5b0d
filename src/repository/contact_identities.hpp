// Which contact an address, number or handle means: derived from the contacts' own lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

struct Identity {
  IdentityKind kind = IdentityKind::email;
  std::string key;
  std::string value;
  /// "emails[1]"
  std::string place;
};

/// What is compared: an address folded for matching, a number's digits, `service:handle` folded.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<std::string> identity_key(IdentityKind kind, const ContactPoint& point);

/// All identities in a contact's lists; entries that cannot be compared are left out.
[[nodiscard]] std::vector<Identity> identities_of(const Contact& contact);

/// Neither deleted nor merged away.
[[nodiscard]] inline bool is_live(const Contact& contact) {
  return !contact.deleted_at && !contact.merged_into;
}

/// Who owns it now.
[[nodiscard]] Result<std::optional<ContactId>> identity_owner(storage::Connection& connection,
                                                              const Unit& unit, IdentityKind kind,
                                                              std::string_view key);

/// Brings `contact_identities` and the participants of the timeline in step with a contact's change. `before`
/// and `after` are null for a contact that comes or goes; one that is not live has no identities.
/// Errors: `already_exists` when another contact owns one: details {"field":"emails[1]","contact_id":...}.
[[nodiscard]] Result<void> sync_identities(storage::Connection& connection, const Unit& unit,
                                           const Contact* before, const Contact* after);

/// Keeps sync from bringing the contact's identities back.
[[nodiscard]] Result<void> suppress_identities(storage::Connection& connection, const Unit& unit,
                                               const Contact& contact);
/// Takes the suppressions that deleting this contact left away again.
[[nodiscard]] Result<void> lift_deletion(storage::Connection& connection, const Unit& unit,
                                         ContactId contact);
/// Takes suppressions of these identities away: the user asked for them.
[[nodiscard]] Result<void> lift_suppressions(storage::Connection& connection, const Unit& unit,
                                             const Contact& contact);
[[nodiscard]] Result<bool> is_suppressed(storage::Connection& connection, const Unit& unit,
                                         const Identity& identity);

}  // namespace omnicrm::repository
