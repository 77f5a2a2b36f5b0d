#include "repository/contact_merge.hpp"

#include <algorithm>

#include "repository/audit_log.hpp"
#include "repository/batch_changes.hpp"
#include "repository/contact_fields.hpp"
#include "repository/contact_identities.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_tag_rows.hpp"
#include "repository/contact_validation.hpp"
#include "repository/participant_links.hpp"
#include "repository/restore_change.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::size_t most_absorbed = 100;
constexpr std::int64_t most_changes = 1'000'000;

void fill_list(IdentityKind kind, std::vector<ContactPoint>& mine, const std::vector<ContactPoint>& theirs) {
  for (ContactPoint point : theirs) {
    const auto key = identity_key(kind, point);
    const bool known = std::any_of(mine.begin(), mine.end(),
                                   [&](const ContactPoint& each) { return identity_key(kind, each) == key; });
    if (known) continue;
    point.is_primary = false;
    mine.push_back(std::move(point));
  }
  settle_primary(mine);
}

Json filled_object(const Json& mine, const Json& theirs) {
  auto fields = json_object_fields(mine.text, "custom").value_or(std::vector<std::pair<std::string, Json>>{});
  for (auto& entry :
       json_object_fields(theirs.text, "custom").value_or(std::vector<std::pair<std::string, Json>>{})) {
    const bool known =
        std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return f.first == entry.first; });
    if (!known) fields.push_back(std::move(entry));
  }
  std::string text = "{";
  for (const auto& [name, value] : fields)
    text += (text.size() > 1 ? "," : "") + json_text(name) + ':' + value.text;
  return Json{text + '}'};
}

Result<void> move_tags(storage::Connection& connection, const Unit& unit, ContactId survivor,
                       ContactId absorbed) {
  OMNICRM_ASSIGN(const std::vector<ContactTag> tags, tags_of(connection, unit, absorbed));
  for (const ContactTag& tag : tags) {
    // What a batch put there goes with the batch: no images.
    const bool recorded = unit.batch() && tag.batch_id != unit.batch();
    OMNICRM_TRY(delete_contact_tag(connection, unit, absorbed, tag.tag_id));
    if (recorded) {
      OMNICRM_TRY(record_change(connection, unit,
                                {.table = "contact_tags",
                                 .row_id = tag.tag_id.value,
                                 .before = contact_tag_image(tag),
                                 .after = {}}));
    }
    ContactTag moved = tag;
    moved.contact_id = survivor;
    OMNICRM_ASSIGN(const bool made, insert_contact_tag(connection, unit, moved));
    if (!made || !recorded) continue;
    OMNICRM_TRY(record_change(connection, unit,
                              {.table = "contact_tags",
                               .row_id = tag.tag_id.value,
                               .before = {},
                               .after = contact_tag_image(moved)}));
  }
  return {};
}

Result<void> move_tasks(storage::Connection& connection, const Unit& unit, ContactId survivor,
                        ContactId absorbed) {
  constexpr std::string_view sql = select_sql<Task, "WHERE user_id = ? AND contact_id = ? ORDER BY id">();
  OMNICRM_ASSIGN(const std::vector<Task> tasks, list_rows<Task>(connection, sql, unit.user(), absorbed));
  for (const Task& task : tasks) {
    Task moved = task;
    moved.contact_id = survivor;
    moved.version = task.version + 1;
    moved.updated_at = unit.now();
    OMNICRM_TRY(update_row(connection, unit.user(), moved));
    OMNICRM_TRY(record_change(
        connection, unit,
        {.table = "tasks", .row_id = task.id.value, .before = row_image(task), .after = row_image(moved)}));
  }
  return {};
}

std::string participant_image(std::int64_t ordinal, ContactId contact) {
  return "{\"ordinal\":" + std::to_string(ordinal) + ",\"contact_id\":\"" + contact.to_string() + "\"}";
}

/// Participants with an address follow their identity; those named by contact alone are moved here.
Result<void> move_participants(storage::Connection& connection, const Unit& unit, ContactId survivor,
                               ContactId absorbed) {
  std::vector<std::pair<InteractionId, std::int64_t>> places;
  {
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(connection,
                                       "SELECT interaction_id, ordinal FROM interaction_participants "
                                       "WHERE user_id = ? AND contact_id = ? AND match_key = '' "
                                       "ORDER BY interaction_id, ordinal",
                                       unit.user(), absorbed));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      places.emplace_back(rows.get<InteractionId>(0), rows.get<std::int64_t>(1));
    }
  }
  for (const auto& [interaction, ordinal] : places) {
    OMNICRM_TRY(storage::run(connection,
                             "UPDATE interaction_participants SET contact_id = ? "
                             "WHERE user_id = ? AND interaction_id = ? AND ordinal = ?",
                             survivor, unit.user(), interaction, ordinal));
    OMNICRM_TRY(record_change(connection, unit,
                              {.table = "interaction_participants",
                               .row_id = interaction.value,
                               .before = participant_image(ordinal, absorbed),
                               .after = participant_image(ordinal, survivor)}));
    OMNICRM_TRY(refresh_primary_contact(connection, unit, interaction));
  }
  return {};
}

Result<void> check_merge(ContactId survivor, const std::vector<ContactId>& absorbed) {
  if (absorbed.empty()) return invalid("absorbed", "name at least one contact");
  if (absorbed.size() > most_absorbed) return invalid("absorbed", "at most 100 contacts at once");
  std::vector<ContactId> all = absorbed;
  all.push_back(survivor);
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end())
    return invalid("absorbed", "names a contact twice");
  return {};
}

std::string absorbed_json(const std::vector<ContactId>& absorbed) {
  std::string text = "{\"absorbed\":[";
  for (const ContactId id : absorbed) text += (text.back() == '[' ? "\"" : ",\"") + id.to_string() + '"';
  return text + "]}";
}

}  // namespace

void fill_from(Contact& survivor, const Contact& absorbed) {
  Provenance provenance = Provenance::parse(survivor.provenance);
  const Provenance theirs = Provenance::parse(absorbed.provenance);
  const auto take_claim = [&](std::string_view field) {
    provenance.erase(field);
    if (const Claim* claim = theirs.find(field)) provenance.set(field, *claim);
  };
  // A name that nobody gave was derived from an address: a real one is better.
  const bool derived = provenance.find("display_name") == nullptr && theirs.find("display_name") != nullptr &&
                       !is_edited(survivor.source);
  for (const ContactField& field : contact_text_fields()) {
    std::string& mine = survivor.*field.member;
    const std::string& other = absorbed.*field.member;
    const bool lacks = mine.empty() || (derived && field.member == &Contact::display_name);
    if (!lacks || other.empty()) continue;
    mine = other;
    take_claim(field.name);
  }
  fill_list(IdentityKind::email, survivor.emails, absorbed.emails);
  fill_list(IdentityKind::phone, survivor.phones, absorbed.phones);
  fill_list(IdentityKind::handle, survivor.handles, absorbed.handles);
  for (const auto& [field, claim] : theirs.claims()) {
    const bool has_text =
        std::any_of(contact_text_fields().begin(), contact_text_fields().end(),
                    [&, name = std::string_view(field)](const auto& f) { return f.name == name; });
    if (!has_text && provenance.find(field) == nullptr) provenance.set(field, claim);
  }
  if (!survivor.organization_id) survivor.organization_id = absorbed.organization_id;
  if (absorbed.custom.text.size() > 2) survivor.custom = filled_object(survivor.custom, absorbed.custom);
  survivor.provenance = provenance.to_json();
}

Result<void> absorb_contact(storage::Connection& connection, const Unit& unit, ContactId survivor,
                            const Contact& absorbed) {
  Contact gone = absorbed;
  gone.merged_into = survivor;
  OMNICRM_TRY(change_contact(connection, unit, absorbed, gone));
  OMNICRM_TRY(move_tags(connection, unit, survivor, absorbed.id));
  OMNICRM_TRY(move_tasks(connection, unit, survivor, absorbed.id));
  return move_participants(connection, unit, survivor, absorbed.id);
}

Result<MergeResult> merge_contacts(storage::Connection& connection, const Unit& unit, ContactId survivor,
                                   const std::vector<ContactId>& absorbed) {
  OMNICRM_TRY(check_merge(survivor, absorbed));
  OMNICRM_ASSIGN(const Contact before, live_contact(connection, unit, survivor));
  SyncBatch batch;
  batch.id = unit.make_id<BatchId>();
  batch.kind = BatchKind::merge;
  batch.state = BatchState::done;
  batch.created_at = unit.now();
  batch.finished_at = batch.created_at;
  OMNICRM_TRY(insert_row(connection, unit.user(), batch));
  const Unit merging = unit.bound(connection, batch.id);

  Contact after = before;
  for (const ContactId id : absorbed) {
    OMNICRM_ASSIGN(const Contact other, live_contact(connection, unit, id));
    OMNICRM_TRY(absorb_contact(connection, merging, survivor, other));
    fill_from(after, other);
  }
  OMNICRM_TRY(change_contact(connection, merging, before, after));
  OMNICRM_TRY(append_audit(connection, merging, "contacts.merge", "contact", survivor.to_string(),
                           absorbed_json(absorbed)));
  return MergeResult{std::move(after), batch.id};
}

Result<Contact> unmerge_contacts(storage::Connection& connection, const Unit& unit, BatchId merge) {
  OMNICRM_ASSIGN(std::optional<SyncBatch> batch, find_row<SyncBatch>(connection, unit.user(), merge));
  if (!batch || batch->kind != BatchKind::merge) return not_found("merge", merge.to_string());
  if (batch->state == BatchState::undone) {
    return failure(ErrorCode::failed_precondition, "merge " + merge.to_string() + " was taken back before");
  }
  OMNICRM_ASSIGN(const std::vector<RowChange> changes,
                 changes_of(connection, unit.user(), merge, most_changes));
  // The survivor is the contact that did not go away by this merge.
  std::optional<ContactId> survivor;
  for (const RowChange& change : changes) {
    if (change.table != "contacts" || !change.after) continue;
    OMNICRM_ASSIGN(const Contact after, from_row_image<Contact>(*change.after));
    if (!after.merged_into) survivor = after.id;
  }
  if (!survivor)
    return failure(ErrorCode::data_loss, "merge " + merge.to_string() + " has no images of its contacts");
  OMNICRM_ASSIGN(const auto current, load_contact(connection, unit, *survivor));
  if (current && current->merged_into) {
    return failure(ErrorCode::failed_precondition,
                   "contact " + survivor->to_string() + " was merged again; take that merge back first");
  }
  for (const RowChange& change : changes) OMNICRM_TRY(restore_change(connection, unit, change, false));
  batch->state = BatchState::undone;
  batch->undone_at = unit.now();
  OMNICRM_TRY(update_row(connection, unit.user(), *batch));
  const Unit undoing = unit.bound(connection, merge);
  OMNICRM_TRY(append_audit(connection, undoing, "contacts.unmerge", "contact", survivor->to_string()));
  OMNICRM_ASSIGN(std::optional<Contact> contact, load_contact(connection, unit, *survivor));
  if (!contact) return not_found("contact", survivor->to_string());
  return std::move(*contact);
}

}  // namespace omnicrm::repository
