#include "repository/undo_rows.hpp"

#include "core/address.hpp"
#include "core/errors.hpp"
#include "repository/batch_changes.hpp"
#include "repository/contact_rows.hpp"
#include "repository/interaction_rows.hpp"
#include "repository/raw_events.hpp"
#include "repository/restore_change.hpp"
#include "repository/row.hpp"
#include "repository/three_way.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

/// Links follow the addresses: a contact that came or went is no change of the interaction.
Interaction without_links(Interaction interaction) {
  for (Participant& person : interaction.participants) {
    if (parse_address(person.address)) person.contact_id.reset();
  }
  interaction.contact_id.reset();
  return interaction;
}

/// Links as they are now: whoever owns an address may have changed since the image was made.
Result<void> link_again(storage::Connection& connection, const Unit& unit, Interaction& interaction) {
  for (Participant& person : interaction.participants) {
    auto address = parse_address(person.address);
    if (!address) continue;
    OMNICRM_ASSIGN(person.contact_id, owner_of_email(connection, unit.user(), address->match_key));
  }
  interaction.contact_id = primary_contact(interaction.participants);
  return {};
}

Result<void> undo_interaction(storage::Connection& connection, const Unit& unit, const RowChange& change) {
  if (!change.before) return {};
  OMNICRM_ASSIGN(const Interaction image, from_row_image<Interaction>(*change.before));
  Interaction before = without_links(image);
  OMNICRM_ASSIGN(const auto current, find_interaction(connection, unit.user(), before.id));
  if (!change.after) {
    if (current) return {};
    OMNICRM_TRY(link_again(connection, unit, before));
    return insert_interaction(connection, unit, before);
  }
  if (!current) return {};
  OMNICRM_ASSIGN(const Interaction after, from_row_image<Interaction>(*change.after));
  Interaction restored = without_change(before, without_links(after), without_links(*current));
  if (restored != before) {
    restored.version = current->version + 1;
    restored.updated_at = unit.now();
  }
  OMNICRM_TRY(link_again(connection, unit, restored));
  return replace_interaction(connection, unit, restored, std::nullopt);
}

Result<void> undo_change(storage::Connection& connection, const Unit& unit, const RowChange& change) {
  if (change.table == "interactions") return undo_interaction(connection, unit, change);
  if (change.table == "raw_events" && change.before) {
    return restore_raw_event(connection, unit.user(), RawEventId{change.row_id}, *change.before);
  }
  return restore_change(connection, unit, change, /*exact=*/true);
}

template <class I>
Result<std::vector<I>> ids_of(storage::Connection& connection, std::string_view sql, UserId user,
                              BatchId batch, std::int64_t limit) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, user, batch, limit));
  std::vector<I> ids;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return ids;
    ids.push_back(rows.get<I>(0));
  }
}

/// Whether somebody has worked with a contact since the batch made it.
Result<bool> is_in_use(storage::Connection& connection, const Unit& unit, BatchId batch,
                       const Contact& contact) {
  if (contact.pinned || contact.archived || contact.merged_into) return true;
  if (contact.provenance.text.find(R"("origin":"user")") != std::string::npos ||
      contact.provenance.text.find(R"("origin":"api")") != std::string::npos) {
    return true;
  }
  OMNICRM_ASSIGN(
      const auto used,
      storage::query_one<std::int64_t>(
          connection,
          "SELECT EXISTS (SELECT 1 FROM interaction_participants p JOIN interactions i ON i.user_id = "
          "p.user_id "
          "AND i.id = p.interaction_id WHERE p.user_id = ?1 AND p.contact_id = ?2 AND i.created_at > ?4) "
          "OR EXISTS (SELECT 1 FROM tasks WHERE user_id = ?1 AND contact_id = ?2) "
          "OR EXISTS (SELECT 1 FROM contact_tags WHERE user_id = ?1 AND contact_id = ?2) "
          "OR EXISTS (SELECT 1 FROM batch_changes WHERE user_id = ?1 AND table_name = 'contacts' AND row_id "
          "= ?2 "
          "AND batch_id <> ?3)",
          unit.user(), contact.id, batch, contact.created_at));
  return used.value_or(0) != 0;
}

/// Runs a delete that is bounded by a sub-select of keys.
Result<std::int64_t> delete_some(storage::Connection& connection, std::string_view sql, UserId user,
                                 BatchId batch, std::int64_t limit) {
  return storage::execute(connection, sql, user, batch, limit);
}

}  // namespace

Result<std::int64_t> undo_changes(storage::Connection& connection, const Unit& unit, BatchId batch,
                                  std::int64_t limit) {
  OMNICRM_ASSIGN(const auto changes, changes_of(connection, unit.user(), batch, limit));
  for (const RowChange& change : changes) OMNICRM_TRY(undo_change(connection, unit, change));
  return delete_some(
      connection,
      "DELETE FROM batch_changes WHERE user_id = ?1 AND batch_id = ?2 AND seq IN "
      "(SELECT seq FROM batch_changes WHERE user_id = ?1 AND batch_id = ?2 ORDER BY seq DESC LIMIT ?3)",
      unit.user(), batch, limit);
}

Result<std::int64_t> undo_interactions(storage::Connection& connection, const Unit& unit, BatchId batch,
                                       std::int64_t limit) {
  // In the order of the full-text index: see InteractionInserter.
  OMNICRM_ASSIGN(const auto ids,
                 ids_of<InteractionId>(connection,
                                       "SELECT id FROM interactions WHERE user_id = ? AND batch_id = ? "
                                       "ORDER BY seq LIMIT ?",
                                       unit.user(), batch, limit));
  for (InteractionId id : ids) OMNICRM_TRY(erase_interaction(connection, unit, id));
  return std::ssize(ids);
}

Result<std::int64_t> undo_contact_tags(storage::Connection& connection, const Unit& unit, BatchId batch,
                                       std::int64_t limit) {
  return delete_some(
      connection,
      "DELETE FROM contact_tags WHERE user_id = ?1 AND (contact_id, tag_id) IN "
      "(SELECT contact_id, tag_id FROM contact_tags WHERE user_id = ?1 AND batch_id = ?2 LIMIT ?3)",
      unit.user(), batch, limit);
}

Result<std::int64_t> undo_contacts(storage::Connection& connection, const Unit& unit, BatchId batch,
                                   std::int64_t limit) {
  OMNICRM_ASSIGN(const auto ids,
                 ids_of<ContactId>(connection,
                                   "SELECT id FROM contacts WHERE user_id = ? AND batch_id = ? "
                                   "ORDER BY seq LIMIT ?",
                                   unit.user(), batch, limit));
  for (ContactId id : ids) {
    OMNICRM_ASSIGN(const auto contact, load_contact(connection, unit, id));
    if (!contact) return not_found("contact", id.to_string());
    OMNICRM_ASSIGN(const bool used, is_in_use(connection, unit, batch, *contact));
    if (used) {
      OMNICRM_TRY(storage::run(connection, "UPDATE contacts SET batch_id = NULL WHERE user_id = ? AND id = ?",
                               unit.user(), id));
    } else {
      OMNICRM_TRY(erase_contact(connection, unit, *contact));
    }
  }
  return std::ssize(ids);
}

Result<std::int64_t> undo_organizations(storage::Connection& connection, const Unit& unit, BatchId batch,
                                        std::int64_t limit) {
  OMNICRM_ASSIGN(
      const std::int64_t kept,
      storage::execute(connection,
                       "UPDATE organizations SET batch_id = NULL WHERE user_id = ?1 AND batch_id = ?2 "
                       "AND EXISTS (SELECT 1 FROM contacts c WHERE c.user_id = ?1 "
                       "AND c.organization_id = organizations.id)",
                       unit.user(), batch));
  OMNICRM_ASSIGN(const std::int64_t gone,
                 delete_some(connection,
                             "DELETE FROM organizations WHERE user_id = ?1 AND id IN "
                             "(SELECT id FROM organizations WHERE user_id = ?1 AND batch_id = ?2 LIMIT ?3)",
                             unit.user(), batch, limit));
  return kept + gone;
}

Result<std::int64_t> undo_tags(storage::Connection& connection, const Unit& unit, BatchId batch,
                               std::int64_t limit) {
  OMNICRM_ASSIGN(
      const std::int64_t kept,
      storage::execute(connection,
                       "UPDATE tags SET batch_id = NULL WHERE user_id = ?1 AND batch_id = ?2 AND EXISTS "
                       "(SELECT 1 FROM contact_tags t WHERE t.user_id = ?1 AND t.tag_id = tags.id)",
                       unit.user(), batch));
  OMNICRM_ASSIGN(const std::int64_t gone,
                 delete_some(connection,
                             "DELETE FROM tags WHERE user_id = ?1 AND id IN "
                             "(SELECT id FROM tags WHERE user_id = ?1 AND batch_id = ?2 LIMIT ?3)",
                             unit.user(), batch, limit));
  return kept + gone;
}

Result<std::int64_t> undo_sources(storage::Connection& connection, const Unit& unit, BatchId batch,
                                  std::int64_t limit) {
  OMNICRM_ASSIGN(std::int64_t rows,
                 delete_some(connection,
                             "DELETE FROM raw_events WHERE user_id = ?1 AND seq IN "
                             "(SELECT seq FROM raw_events WHERE user_id = ?1 AND batch_id = ?2 LIMIT ?3)",
                             unit.user(), batch, limit));
  if (rows > 0) return rows;
  OMNICRM_ASSIGN(const std::int64_t cursors,
                 storage::execute(connection, "DELETE FROM sync_cursors WHERE user_id = ? AND batch_id = ?",
                                  unit.user(), batch));
  OMNICRM_ASSIGN(
      const std::int64_t decisions,
      storage::execute(connection, "DELETE FROM contact_decisions WHERE user_id = ? AND batch_id = ?",
                       unit.user(), batch));
  return cursors + decisions;
}

}  // namespace omnicrm::repository
