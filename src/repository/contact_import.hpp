// What sources say of people becomes contacts: matched by identity, filled by provenance.
#pragma once

#include <cstdint>
#include <optional>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/contact_lookups.hpp"
#include "repository/unit.hpp"

namespace omnicrm::repository {

/// A person as one item of a source shows them.
struct SeenContact {
  Contact draft;
  Origin origin = Origin::unknown;
  /// When the item was written (a mail's date, a card's REV).
  Timestamp at{};
  std::optional<RawEventId> raw_event;
  /// Make the organization of the address's company domain when there is none. Without it a contact is linked
  /// only to organizations that a person made.
  bool create_organization = false;
};

struct ImportedContact {
  enum What { created, changed, unchanged, suppressed };
  /// Nil when suppressed.
  ContactId id;
  What what = unchanged;
  std::int64_t organizations_created = 0;
  /// Other contacts became one with this: their ids mean nothing any more.
  bool absorbed_others = false;
  /// Of these, the ones that the unit's own batch had made: they leave nothing behind.
  std::int64_t erased = 0;
};

/// Finds or makes the contact and joins what was seen into it, as part of the unit's batch.
///
/// The same set of sightings gives the same contacts in any order (ids, versions and times of writing aside):
/// - Addresses and handles on one card belong to one person. A card that names two contacts makes them one,
///   recorded like a merge. Contacts that a person made or edited are never merged; their identities stay.
/// - A number identifies a person only when card or contact has no address: colleagues share switchboards. A
/// number
///   that people with addresses share stands with the one whose smallest address comes first. (The exception
///   to the rule: which of them a card with that number alone goes to depends on who was there.)
/// - Fields: see join_contact. What a person wrote is never replaced.
/// - A suppressed address or handle, or a suppressed number on a card without those: nothing is written.
/// - `create_organization` should be the same for all sightings of a domain.
///
/// Errors: `invalid_argument` (nothing to know the person by), and what the storage says.
[[nodiscard]] Result<ImportedContact> import_contact(storage::Connection& connection, const Unit& unit,
                                                     const SeenContact& seen);
/// The same; `lookups` answers what others have asked, and is told what changed.
[[nodiscard]] Result<ImportedContact> import_contact(storage::Connection& connection, const Unit& unit,
                                                     const SeenContact& seen, ContactLookups& lookups);

}  // namespace omnicrm::repository
