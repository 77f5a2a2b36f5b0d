#include "repository/interaction_rows.hpp"

#include <algorithm>
#include <array>

#include "core/address.hpp"
#include "core/errors.hpp"
#include "model/reflect.hpp"
#include "repository/row.hpp"
#include "repository/tables.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

/// A free place in the full-text order: minutes since 1970, then up to 1,024 within the minute, then wherever
/// the next minute has room.
Result<std::int64_t> free_seq(storage::Connection& connection, Timestamp at) {
  constexpr int count_bits = 10;
  std::int64_t first = std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count() << count_bits;
  while (true) {
    const std::int64_t last = first + (std::int64_t{1} << count_bits) - 1;
    OMNICRM_ASSIGN(
        const auto highest,
        storage::query_one<std::optional<std::int64_t>>(
            connection, "SELECT MAX(seq) FROM interactions WHERE seq BETWEEN ? AND ?", first, last));
    if (!highest || !*highest) return first;
    if (**highest < last) return **highest + 1;
    first = last + 1;
  }
}

Result<std::int64_t> seq_of(storage::Connection& connection, UserId user, InteractionId id) {
  OMNICRM_ASSIGN(const auto seq,
                 storage::query_one<std::int64_t>(
                     connection, "SELECT seq FROM interactions WHERE user_id = ? AND id = ?", user, id));
  if (!seq) return not_found("interaction", id.to_string());
  return *seq;
}

int rank_of(ParticipantRole role) {
  switch (role) {
    case ParticipantRole::about:
      return 0;
    case ParticipantRole::from:
      return 1;
    case ParticipantRole::organizer:
      return 2;
    case ParticipantRole::sender:
      return 3;
    case ParticipantRole::to:
      return 4;
    case ParticipantRole::attendee:
      return 5;
    case ParticipantRole::cc:
      return 6;
    case ParticipantRole::optional_attendee:
      return 7;
    case ParticipantRole::bcc:
      return 8;
    case ParticipantRole::resource:
      return 9;
  }
  return 9;
}

Result<void> insert_participants(storage::Connection& connection, UserId user,
                                 const Interaction& interaction) {
  std::int64_t ordinal = 0;
  for (const Participant& person : interaction.participants) {
    std::string match_key;
    if (auto address = parse_address(person.address)) match_key = std::move(address->match_key);
    OMNICRM_TRY(
        insert_row(connection, user, person, interaction.id, ordinal++, match_key, interaction.occurred_at));
  }
  return {};
}

Result<void> insert_documents(storage::Connection& connection, const Unit& unit,
                              const Interaction& interaction, std::span<Document> documents) {
  for (Document& document : documents) {
    document.id = unit.make_id<DocumentId>();
    document.interaction_id = interaction.id;
    document.raw_event_id = interaction.raw_event_id;
    document.batch_id = unit.batch();
    document.created_at = interaction.updated_at;
    OMNICRM_TRY(insert_row(connection, unit.user(), document));
  }
  return {};
}

Result<void> unindex(storage::Connection& connection, UserId user, std::int64_t seq,
                     const Interaction& interaction) {
  OMNICRM_ASSIGN(const auto documents, documents_of(connection, user, interaction.id));
  return unindex_text(connection, user, seq, indexed_text(interaction, documents));
}

}  // namespace

Result<void> PendingTexts::flush(storage::Connection& connection, UserId user) {
  std::ranges::sort(entries_, {}, &Entry::seq);
  for (const Entry& entry : entries_) OMNICRM_TRY(index_text(connection, user, entry.seq, entry.text));
  entries_.clear();
  return {};
}

std::optional<ContactId> primary_contact(std::span<const Participant> participants) {
  const Participant* best = nullptr;
  for (const Participant& person : participants) {
    if (!person.contact_id || person.is_self) continue;
    if (best == nullptr || rank_of(person.role) < rank_of(best->role)) best = &person;
  }
  return best == nullptr ? std::nullopt : best->contact_id;
}

Result<std::optional<ContactId>> owner_of_email(storage::Connection& connection, UserId user,
                                                std::string_view match_key) {
  return storage::query_one<ContactId>(connection,
                                       "SELECT contact_id FROM contact_identities "
                                       "WHERE user_id = ? AND kind = 'email' AND match_key = ?",
                                       user, match_key);
}

Result<void> insert_interaction(storage::Connection& connection, const Unit& unit,
                                const Interaction& interaction, std::span<Document> documents,
                                PendingTexts& texts) {
  OMNICRM_ASSIGN(const std::int64_t seq, free_seq(connection, interaction.occurred_at));
  OMNICRM_TRY(insert_row(connection, unit.user(), interaction, seq));
  OMNICRM_TRY(insert_participants(connection, unit.user(), interaction));
  OMNICRM_TRY(insert_documents(connection, unit, interaction, documents));
  texts.add(seq, indexed_text(interaction, documents));
  return {};
}

Result<void> replace_interaction(storage::Connection& connection, const Unit& unit,
                                 const Interaction& interaction,
                                 std::optional<std::span<Document>> documents) {
  OMNICRM_ASSIGN(std::int64_t seq, seq_of(connection, unit.user(), interaction.id));
  OMNICRM_ASSIGN(const auto before, find_interaction(connection, unit.user(), interaction.id));
  OMNICRM_TRY(unindex(connection, unit.user(), seq, *before));
  if (before->occurred_at != interaction.occurred_at) {
    OMNICRM_ASSIGN(const std::int64_t moved, free_seq(connection, interaction.occurred_at));
    OMNICRM_TRY(storage::execute(connection, "UPDATE interactions SET seq = ? WHERE seq = ?", moved, seq));
    seq = moved;
  }
  OMNICRM_TRY(update_row(connection, unit.user(), interaction));
  OMNICRM_TRY(storage::execute(
      connection, "DELETE FROM interaction_participants WHERE user_id = ? AND interaction_id = ?",
      unit.user(), interaction.id));
  OMNICRM_TRY(insert_participants(connection, unit.user(), interaction));
  if (documents) {
    OMNICRM_TRY(storage::execute(connection, "DELETE FROM documents WHERE user_id = ? AND interaction_id = ?",
                                 unit.user(), interaction.id));
    OMNICRM_TRY(insert_documents(connection, unit, interaction, *documents));
  }
  OMNICRM_ASSIGN(const auto stored, documents_of(connection, unit.user(), interaction.id));
  return index_text(connection, unit.user(), seq, indexed_text(interaction, stored));
}

Result<void> erase_interaction(storage::Connection& connection, const Unit& unit, InteractionId id) {
  OMNICRM_ASSIGN(const auto interaction, find_interaction(connection, unit.user(), id));
  if (!interaction) return not_found("interaction", id.to_string());
  OMNICRM_ASSIGN(const std::int64_t seq, seq_of(connection, unit.user(), id));
  OMNICRM_TRY(unindex(connection, unit.user(), seq, *interaction));
  OMNICRM_TRY(storage::execute(connection, "DELETE FROM documents WHERE user_id = ? AND interaction_id = ?",
                               unit.user(), id));
  OMNICRM_TRY(storage::execute(
      connection, "DELETE FROM interaction_participants WHERE user_id = ? AND interaction_id = ?",
      unit.user(), id));
  OMNICRM_TRY(storage::execute(connection, "DELETE FROM interactions WHERE seq = ?", seq));
  return {};
}

Result<std::optional<Interaction>> find_interaction(storage::Connection& connection, UserId user,
                                                    InteractionId id) {
  OMNICRM_ASSIGN(auto interaction, find_row<Interaction>(connection, user, id));
  if (!interaction) return std::optional<Interaction>{};
  OMNICRM_ASSIGN(interaction->participants, participants_of(connection, user, id));
  return interaction;
}

Result<std::vector<Participant>> participants_of(storage::Connection& connection, UserId user,
                                                 InteractionId id) {
  return list_rows<Participant>(
      connection, select_sql<Participant, "WHERE user_id = ? AND interaction_id = ? ORDER BY ordinal">(),
      user, id);
}

Result<std::vector<Document>> documents_of(storage::Connection& connection, UserId user, InteractionId id) {
  return list_rows<Document>(
      connection, select_sql<Document, "WHERE user_id = ? AND interaction_id = ? ORDER BY part, seq">(), user,
      id);
}

}  // namespace omnicrm::repository
