#include "repository/sql_contacts.hpp"

#include "model/reflect.hpp"
#include "repository/audit_log.hpp"
#include "repository/contact_duplicates.hpp"
#include "repository/contact_fields.hpp"
#include "repository/contact_identities.hpp"
#include "repository/contact_list.hpp"
#include "repository/contact_merge.hpp"
#include "repository/contact_organization.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_search.hpp"
#include "repository/contact_validation.hpp"
#include "repository/row.hpp"
#include "repository/segment_filter.hpp"

namespace omnicrm::repository {
namespace {

tl::unexpected<Error> changed_meanwhile(ContactId id) {
  return failure(ErrorCode::conflict, "contact " + id.to_string() + " changed since it was read");
}

/// Errors: `not_found` for an organization that is not the user's.
Result<void> check_organization(storage::Connection& connection, const Unit& unit, const Contact& contact) {
  if (!contact.organization_id) return {};
  OMNICRM_ASSIGN(const auto found, find_row<Organization>(connection, unit.user(), *contact.organization_id));
  if (!found || found->deleted_at) return not_found("organization", contact.organization_id->to_string());
  return {};
}

/// Who says what a caller of create or update writes.
Origin editor(const Unit& unit) {
  return unit.actor() == "user" ? Origin::user : Origin::api;
}

void claim_fields(Contact& contact, const std::vector<std::string>& fields, const Claim& claim) {
  Provenance provenance = Provenance::parse(contact.provenance);
  for (const std::string& field : fields) provenance.set(field, claim);
  contact.provenance = provenance.to_json();
}

Result<void> audit(storage::Connection& connection, const Unit& unit, std::string_view operation,
                   ContactId id, std::string_view details = "{}") {
  return audit_change(connection, unit, operation, "contact", id.to_string(), details);
}

Result<Contact> create_contact(storage::Connection& connection, const Unit& unit, const Contact& draft) {
  Contact contact = draft;
  contact.provenance = Json::object();
  contact.merged_into.reset();
  contact.deleted_at.reset();
  OMNICRM_ASSIGN(const auto custom_fields, load_custom_fields(connection, unit));
  const bool named = !contact.display_name.empty();
  OMNICRM_TRY(normalize_contact(contact, custom_fields));
  OMNICRM_TRY(check_organization(connection, unit, contact));
  std::vector<std::string> fields = changed_fields(Contact{}, contact);
  if (!named) std::erase(fields, "display_name");  // derived: a source may know the name
  OMNICRM_TRY(link_organization(connection, unit, contact));
  contact.id = unit.make_id<ContactId>();
  contact.version = 1;
  contact.batch_id = unit.batch();
  contact.created_at = contact.updated_at = unit.now();
  claim_fields(contact, fields, Claim{contact.source, contact.created_at, {}});
  OMNICRM_TRY(insert_contact(connection, unit, contact));
  if (!unit.batch()) OMNICRM_TRY(lift_suppressions(connection, unit, contact));
  OMNICRM_TRY(audit(connection, unit, "contacts.create", contact.id, changed_fields_json(fields)));
  return contact;
}

Result<Contact> update_contact(storage::Connection& connection, const Unit& unit, const Contact& changed) {
  OMNICRM_ASSIGN(const Contact before, live_contact(connection, unit, changed.id));
  if (before.version != changed.version) return changed_meanwhile(changed.id);
  Contact after = changed;
  // What a caller cannot edit stays as it is.
  after.source = before.source;
  after.provenance = before.provenance;
  after.merged_into = before.merged_into;
  after.deleted_at = before.deleted_at;
  after.batch_id = before.batch_id;
  after.created_at = before.created_at;
  OMNICRM_ASSIGN(const auto custom_fields, load_custom_fields(connection, unit));
  OMNICRM_TRY(normalize_contact(after, custom_fields));
  if (after.organization_id != before.organization_id)
    OMNICRM_TRY(check_organization(connection, unit, after));
  const std::vector<std::string> fields = changed_fields(before, after);
  if (fields.empty()) return before;
  claim_fields(after, fields, Claim{editor(unit), unit.now(), {}});
  const bool unlinked = before.organization_id && !after.organization_id;
  if (after.emails != before.emails && !unlinked) OMNICRM_TRY(link_organization(connection, unit, after));
  OMNICRM_TRY(change_contact(connection, unit, before, after));
  if (!unit.batch()) OMNICRM_TRY(lift_suppressions(connection, unit, after));
  OMNICRM_TRY(audit(connection, unit, "contacts.update", after.id, changed_fields_json(fields)));
  return after;
}

Result<void> remove_contact(storage::Connection& connection, const Unit& unit, ContactId id,
                            std::int64_t version) {
  OMNICRM_ASSIGN(const Contact before, live_contact(connection, unit, id));
  if (version != 0 && before.version != version) return changed_meanwhile(id);
  Contact after = before;
  after.deleted_at = unit.now();
  OMNICRM_TRY(change_contact(connection, unit, before, after));
  OMNICRM_TRY(suppress_identities(connection, unit, before));
  return audit(connection, unit, "contacts.delete", id);
}

Result<Contact> restore_contact(storage::Connection& connection, const Unit& unit, ContactId id) {
  OMNICRM_ASSIGN(const auto before, load_contact(connection, unit, id));
  if (!before || before->merged_into) return not_found("contact", id.to_string());
  if (!before->deleted_at) return *before;
  Contact after = *before;
  after.deleted_at.reset();
  OMNICRM_TRY(change_contact(connection, unit, *before, after));
  OMNICRM_TRY(lift_deletion(connection, unit, id));
  OMNICRM_TRY(audit(connection, unit, "contacts.restore", id));
  return after;
}

Result<BoundSql> filter_condition(storage::Connection& connection, const Unit& unit,
                                  const ContactFilter& filter) {
  BoundSql condition;
  if (!filter.include_archived) condition.add(" AND c.archived = 0");
  if (filter.pinned) condition.add(" AND c.pinned = ?", *filter.pinned);
  if (filter.organization_id) condition.add(" AND c.organization_id = ?", *filter.organization_id);
  if (filter.tag_id) {
    condition.add(" AND c.id IN (SELECT contact_id FROM contact_tags WHERE user_id = ? AND tag_id = ?)",
                  unit.user(), *filter.tag_id);
  }
  if (filter.segment_id) {
    OMNICRM_ASSIGN(const auto segment, find_row<Segment>(connection, unit.user(), *filter.segment_id));
    if (!segment) return not_found("segment", filter.segment_id->to_string());
    OMNICRM_ASSIGN(const BoundSql compiled, compile_segment(segment->filter, unit.now(), unit.dialect()));
    condition.add(" AND ").add(compiled);
  }
  return condition;
}

std::string filter_name(const ContactFilter& filter) {
  const auto id_text = [](const auto& id) { return id ? id->to_string() : std::string(); };
  return "contacts.list\n" + std::to_string(static_cast<int>(filter.order)) + '\n' + id_text(filter.tag_id) +
         '\n' + id_text(filter.organization_id) + '\n' + id_text(filter.segment_id) + '\n' +
         (filter.pinned ? (*filter.pinned ? "pinned" : "not pinned") : "") + '\n' +
         (filter.include_archived ? "archived" : "");
}

}  // namespace

Result<Contact> SqlContacts::create(const Contact& draft) {
  return unit_.write(
      [&](storage::Connection& connection) { return create_contact(connection, unit_, draft); });
}

Result<Contact> SqlContacts::get(ContactId id) {
  return unit_.read([&](storage::Connection& connection) { return live_contact(connection, unit_, id); });
}

Result<std::optional<Contact>> SqlContacts::find(IdentityKind kind, std::string_view value) {
  ContactPoint point{std::string(value), {}, false};
  if (const auto colon = value.find(':'); kind == IdentityKind::handle && colon != std::string_view::npos) {
    point = {std::string(value.substr(colon + 1)), std::string(value.substr(0, colon)), false};
  }
  const auto key = identity_key(kind, point);
  if (!key) return invalid("value", key.error().message);
  return unit_.read([&](storage::Connection& connection) -> Result<std::optional<Contact>> {
    OMNICRM_ASSIGN(const auto owner, identity_owner(connection, unit_, kind, *key));
    if (!owner) return std::optional<Contact>{};
    return load_contact(connection, unit_, *owner);
  });
}

Result<Contact> SqlContacts::update(const Contact& changed) {
  return unit_.write(
      [&](storage::Connection& connection) { return update_contact(connection, unit_, changed); });
}

Result<void> SqlContacts::remove(ContactId id, std::int64_t version) {
  return unit_.write(
      [&](storage::Connection& connection) { return remove_contact(connection, unit_, id, version); });
}

Result<Contact> SqlContacts::restore(ContactId id) {
  return unit_.write([&](storage::Connection& connection) { return restore_contact(connection, unit_, id); });
}

Result<Page<Contact>> SqlContacts::list(const ContactFilter& filter, const PageRequest& page) {
  return unit_.read([&](storage::Connection& connection) -> Result<Page<Contact>> {
    OMNICRM_ASSIGN(const BoundSql condition, filter_condition(connection, unit_, filter));
    return list_contacts(connection, unit_, condition, filter.order, page, filter_name(filter));
  });
}

Result<Page<ContactHit>> SqlContacts::search(std::string_view text, const PageRequest& page) {
  return unit_.read(
      [&](storage::Connection& connection) { return search_contacts(connection, unit_, text, page); });
}

Result<MergeResult> SqlContacts::merge(ContactId survivor, const std::vector<ContactId>& absorbed) {
  return unit_.write(
      [&](storage::Connection& connection) { return merge_contacts(connection, unit_, survivor, absorbed); });
}

Result<Contact> SqlContacts::unmerge(BatchId merge) {
  return unit_.write(
      [&](storage::Connection& connection) { return unmerge_contacts(connection, unit_, merge); });
}

Result<Page<DuplicateSuggestion>> SqlContacts::suggest_duplicates(const PageRequest& page) {
  return unit_.read([&](storage::Connection& connection) {
    return repository::suggest_duplicates(connection, unit_, page);
  });
}

}  // namespace omnicrm::repository
