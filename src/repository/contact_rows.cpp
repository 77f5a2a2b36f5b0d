#include "repository/contact_rows.hpp"

#include "core/text.hpp"
#include "repository/batch_changes.hpp"
#include "repository/contact_identities.hpp"
#include "repository/contact_text.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {
std::string sort_name(std::string_view name) {
  return text::squeeze(text::fold(name));
}

Result<std::optional<Contact>> load_contact(storage::Connection& connection, const Unit& unit, ContactId id) {
  return find_row<Contact>(connection, unit.user(), id);
}

Result<Contact> live_contact(storage::Connection& connection, const Unit& unit, ContactId id) {
  OMNICRM_ASSIGN(auto contact, load_contact(connection, unit, id));
  if (!contact || !is_live(*contact)) return not_found("contact", id.to_string());
  return std::move(*contact);
}

Result<void> insert_contact(storage::Connection& connection, const Unit& unit, const Contact& contact) {
  OMNICRM_TRY(insert_row(connection, unit.user(), contact, sort_name(contact.display_name)));
  OMNICRM_TRY(sync_identities(connection, unit, nullptr, &contact));
  return reindex_contact(connection, unit, contact.id, {}, indexed_words(contact));
}

Result<void> write_contact(storage::Connection& connection, const Unit& unit, const Contact& before,
                           const Contact& after) {
  OMNICRM_TRY(sync_identities(connection, unit, &before, &after));
  OMNICRM_ASSIGN(const bool written, update_row_version(connection, unit.user(), after, before.version,
                                                        sort_name(after.display_name)));
  if (!written)
    return failure(ErrorCode::conflict, "contact " + before.id.to_string() + " changed meanwhile");
  return reindex_contact(connection, unit, before.id, indexed_words(before), indexed_words(after));
}

Result<void> change_contact(storage::Connection& connection, const Unit& unit, const Contact& before,
                            Contact& after) {
  after.version = before.version + 1;
  after.updated_at = unit.now();
  OMNICRM_TRY(write_contact(connection, unit, before, after));
  // What a batch made is erased when it is undone: no images.
  if (!unit.batch() || before.batch_id == unit.batch()) return {};
  return record_change(connection, unit,
                       {.table = "contacts",
                        .row_id = after.id.value,
                        .before = row_image(before),
                        .after = row_image(after)});
}

Result<void> erase_contact(storage::Connection& connection, const Unit& unit, const Contact& contact) {
  OMNICRM_TRY(sync_identities(connection, unit, &contact, nullptr));
  OMNICRM_TRY(reindex_contact(connection, unit, contact.id, indexed_words(contact), {}));
  OMNICRM_TRY(storage::run(connection, "DELETE FROM contact_tags WHERE user_id = ? AND contact_id = ?",
                           unit.user(), contact.id));
  OMNICRM_TRY(delete_row<Contact>(connection, unit.user(), contact.id));
  return {};
}

}  // namespace omnicrm::repository
