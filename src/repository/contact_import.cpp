#include "repository/contact_import.hpp"

#include <algorithm>

#include "repository/audit_log.hpp"
#include "repository/contact_identities.hpp"
#include "repository/contact_join.hpp"
#include "repository/contact_merge.hpp"
#include "repository/contact_organization.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_validation.hpp"

namespace omnicrm::repository {
namespace {

/// One identity of the draft, and who has it.
struct Sighting {
  Identity identity;
  std::optional<ContactId> owner;
};

/// The contacts that a draft concerns.
struct Match {
  /// Whom it is joined into; absent: a new contact.
  std::optional<Contact> target;
  /// Known by other identities of the same draft: one person with the target.
  std::vector<Contact> same;
  /// Owners of identities that stay with them.
  std::vector<Contact> others;
};

bool is_persons_own(const Contact& contact) {
  return is_edited(contact.source) || contact.pinned ||
         Provenance::parse(contact.provenance).has_user_edits();
}

Result<std::vector<Sighting>> look_up(ContactLookups& lookups, const Contact& draft) {
  std::vector<Sighting> sightings;
  for (Identity& identity : identities_of(draft)) {
    OMNICRM_ASSIGN(const auto owner, lookups.owner(identity.kind, identity.key));
    sightings.push_back({std::move(identity), owner});
  }
  return sightings;
}

/// An identity that somebody owns is not suppressed. Suppressed numbers are left out of a draft that is known
/// by more than its number.
Result<bool> drop_suppressed(ContactLookups& lookups, Contact& draft, std::vector<Sighting>& sightings) {
  const bool number_alone = draft.emails.empty() && draft.handles.empty();
  std::vector<std::string> numbers;
  for (const Sighting& sighting : sightings) {
    if (sighting.owner) continue;
    OMNICRM_ASSIGN(const bool suppressed, lookups.is_suppressed(sighting.identity));
    if (!suppressed) continue;
    if (number_alone || sighting.identity.kind != IdentityKind::phone) return true;
    numbers.push_back(sighting.identity.key);
  }
  for (const std::string& number : numbers) {
    std::erase_if(draft.phones,
                  [&](const auto& point) { return identity_key(IdentityKind::phone, point) == number; });
    std::erase_if(sightings, [&](const Sighting& each) {
      return each.identity.kind == IdentityKind::phone && each.identity.key == number;
    });
  }
  return false;
}

Result<Match> find_match(ContactLookups& lookups, const Contact& draft,
                         const std::vector<Sighting>& sightings) {
  struct Owner {
    Contact contact;
    bool is_same = false;
    bool is_own = false;
  };
  std::vector<Owner> owners;
  for (const Sighting& sighting : sightings) {
    if (!sighting.owner) continue;
    auto found = std::find_if(owners.begin(), owners.end(),
                              [&](const Owner& each) { return each.contact.id == *sighting.owner; });
    if (found == owners.end()) {
      OMNICRM_ASSIGN(auto contact, lookups.contact(*sighting.owner));
      if (!contact)
        return failure(ErrorCode::data_loss, "contact_identities: names a contact that is not there");
      owners.push_back({std::move(*contact), false, false});
      found = owners.end() - 1;
    }
    found->is_same = found->is_same || sighting.identity.kind != IdentityKind::phone ||
                     draft.emails.empty() || found->contact.emails.empty();
  }
  Match match;
  if (owners.size() == 1 && owners[0].is_same) {
    match.target = std::move(owners[0].contact);
    return match;
  }
  for (Owner& owner : owners) owner.is_own = is_persons_own(owner.contact);
  std::sort(owners.begin(), owners.end(), [](const Owner& a, const Owner& b) {
    return std::tuple(!a.is_own, a.contact.id) < std::tuple(!b.is_own, b.contact.id);
  });
  for (Owner& owner : owners) {
    if (!owner.is_same) {
      match.others.push_back(std::move(owner.contact));
    } else if (!match.target) {
      match.target = std::move(owner.contact);
    } else {
      (owner.is_own ? match.others : match.same).push_back(std::move(owner.contact));
    }
  }
  return match;
}

std::string smallest_address(std::initializer_list<const Contact*> contacts,
                             const std::vector<Contact>& more) {
  std::string smallest;
  const auto consider = [&](const Contact& contact) {
    for (const ContactPoint& email : contact.emails) {
      const auto key = identity_key(IdentityKind::email, email);
      if (key && (smallest.empty() || *key < smallest)) smallest = *key;
    }
  };
  for (const Contact* contact : contacts) {
    if (contact != nullptr) consider(*contact);
  }
  for (const Contact& contact : more) consider(contact);
  return smallest;
}

void erase_point(std::vector<ContactPoint>& points, IdentityKind kind, const std::string& key) {
  std::erase_if(points, [&](const ContactPoint& point) { return identity_key(kind, point) == key; });
}

/// Leaves out of the draft what belongs to others, but for shared numbers that change hands.
Result<void> settle_shared(storage::Connection& connection, const Unit& unit, Contact& draft, Match& match,
                           const std::vector<Sighting>& sightings, ContactLookups& lookups) {
  if (match.others.empty()) return {};
  const std::string mine = smallest_address({&draft, match.target ? &*match.target : nullptr}, match.same);
  for (const Sighting& sighting : sightings) {
    const auto other = std::find_if(match.others.begin(), match.others.end(), [&](const Contact& each) {
      return sighting.owner && each.id == *sighting.owner;
    });
    if (other == match.others.end()) continue;
    const IdentityKind kind = sighting.identity.kind;
    const bool takes =
        kind == IdentityKind::phone && !is_persons_own(*other) && mine < smallest_address({&*other}, {});
    if (!takes) {
      erase_point(kind == IdentityKind::email   ? draft.emails
                  : kind == IdentityKind::phone ? draft.phones
                                                : draft.handles,
                  kind, sighting.identity.key);
      continue;
    }
    Contact without = *other;
    erase_point(without.phones, kind, sighting.identity.key);
    settle_primary(without.phones);
    OMNICRM_TRY(lookups.made().finish());
    OMNICRM_TRY(change_contact(connection, unit, *other, without));
    lookups.changed(&*other, without);
    *other = std::move(without);
  }
  return {};
}

/// Makes the organizations of the draft's domains and links the contact. Gives how many were made.
Result<std::int64_t> settle_organization(storage::Connection& connection, const Unit& unit,
                                         const SeenContact& seen, const Contact& draft, const Claim& claim,
                                         Contact& contact, ContactLookups& lookups) {
  std::int64_t created = 0;
  if (seen.create_organization) {
    bool first = true;
    for (const ContactPoint& email : draft.emails) {
      const auto domain = company_domain(email.value);
      if (!domain) continue;
      OMNICRM_ASSIGN(const FoundOrganization found,
                     find_or_create_organization(connection, unit, *domain, first ? draft.organization : "",
                                                 claim, lookups));
      created += found.created ? 1 : 0;
      first = false;
    }
  }
  const Provenance claims = Provenance::parse(contact.provenance);
  if (const Claim* link = claims.find("organization_id"); link != nullptr && is_edited(link->origin))
    return created;
  for (const ContactPoint& email : contact.emails) {  // the primary one is first
    const auto domain = company_domain(email.value);
    if (!domain) continue;
    OMNICRM_ASSIGN(const auto organization, lookups.organization(*domain));
    if (!organization || (!seen.create_organization && !is_edited(organization->source))) continue;
    contact.organization_id = organization->id;
    break;
  }
  return created;
}

Result<ImportedContact> create_seen(storage::Connection& connection, const Unit& unit, Contact contact,
                                    std::int64_t organizations_created, ContactLookups& lookups) {
  contact.id = unit.make_id<ContactId>();
  contact.batch_id = unit.batch();
  contact.created_at = contact.updated_at = unit.now();
  OMNICRM_TRY(lookups.made().add(contact));
  lookups.changed(nullptr, contact);
  OMNICRM_TRY(audit_change(connection, unit, "contacts.import", "contact", contact.id.to_string()));
  return ImportedContact{contact.id, ImportedContact::created, organizations_created, false, 0};
}

Result<ImportedContact> change_seen(storage::Connection& connection, const Unit& unit, const Match& match,
                                    Contact contact, std::int64_t organizations_created,
                                    ContactLookups& lookups) {
  std::int64_t erased = 0;
  OMNICRM_TRY(lookups.made().finish());
  for (const Contact& other : match.same) {
    OMNICRM_TRY(absorb_contact(connection, unit, contact.id, other));
    if (!unit.batch() || other.batch_id != unit.batch()) continue;
    // Made by this very batch: it leaves nothing behind, as if the card had come first.
    OMNICRM_ASSIGN(const auto gone, load_contact(connection, unit, other.id));
    if (gone) OMNICRM_TRY(erase_contact(connection, unit, *gone));
    ++erased;
  }
  const auto fields = changed_fields(*match.target, contact);
  OMNICRM_TRY(change_contact(connection, unit, *match.target, contact));
  if (!match.same.empty()) lookups.forget();
  lookups.changed(&*match.target, contact);
  if (!fields.empty()) {
    OMNICRM_TRY(audit_change(connection, unit, "contacts.import", "contact", contact.id.to_string(),
                             changed_fields_json(fields)));
  }
  return ImportedContact{contact.id, fields.empty() ? ImportedContact::unchanged : ImportedContact::changed,
                         organizations_created, !match.same.empty(), erased};
}

}  // namespace

Result<ImportedContact> import_contact(storage::Connection& connection, const Unit& unit,
                                       const SeenContact& seen) {
  ContactLookups lookups(connection, unit);
  OMNICRM_ASSIGN(const ImportedContact imported, import_contact(connection, unit, seen, lookups));
  OMNICRM_TRY(lookups.made().finish());
  return imported;
}

Result<ImportedContact> import_contact(storage::Connection& connection, const Unit& unit,
                                       const SeenContact& seen, ContactLookups& lookups) {
  Contact draft = seen.draft;
  std::optional<CustomFields> custom_fields;
  if (draft.custom.text.size() > 2) {
    OMNICRM_ASSIGN(custom_fields, load_custom_fields(connection, unit));
  }
  if (!tidy_draft(draft, custom_fields)) {
    return invalid("contact", "has no name, address, number, handle or organization");
  }
  draft.source = seen.origin;
  OMNICRM_ASSIGN(std::vector<Sighting> sightings, look_up(lookups, draft));
  OMNICRM_ASSIGN(const bool suppressed, drop_suppressed(lookups, draft, sightings));
  if (suppressed) return ImportedContact{{}, ImportedContact::suppressed, 0, false, 0};
  OMNICRM_ASSIGN(Match match, find_match(lookups, draft, sightings));
  OMNICRM_TRY(settle_shared(connection, unit, draft, match, sightings, lookups));

  const Claim claim{seen.origin, seen.at, seen.raw_event ? seen.raw_event->to_string() : ""};
  Contact contact;
  contact.source = seen.origin;
  if (match.target) contact = *match.target;
  for (const Contact& other : match.same) join_contact(contact, other, Provenance::parse(other.provenance));
  join_contact(contact, draft, claims_of(draft, claim));

  const bool is_known = match.target && match.same.empty() && contact == *match.target;
  const bool has_organization = contact.organization_id || !seen.create_organization;
  if (is_known && has_organization && draft.organization.empty()) {
    return ImportedContact{contact.id, ImportedContact::unchanged, 0, false, 0};
  }
  OMNICRM_ASSIGN(const std::int64_t organizations_created,
                 settle_organization(connection, unit, seen, draft, claim, contact, lookups));
  if (!match.target) return create_seen(connection, unit, std::move(contact), organizations_created, lookups);
  if (match.same.empty() && contact == *match.target) {
    return ImportedContact{contact.id, ImportedContact::unchanged, organizations_created, false, 0};
  }
  return change_seen(connection, unit, match, std::move(contact), organizations_created, lookups);
}

}  // namespace omnicrm::repository
