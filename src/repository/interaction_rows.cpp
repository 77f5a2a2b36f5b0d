#include "repository/interaction_rows.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/address.hpp"
#include "core/errors.hpp"
#include "model/reflect.hpp"
#include "repository/dialect.hpp"
#include "repository/parameter_list.hpp"
#include "repository/row.hpp"
#include "repository/tables.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

// A place: minutes since 1970, then up to 1,024 within the minute.
constexpr int count_bits = 10;
constexpr std::int64_t last_in_minute = (std::int64_t{1} << count_bits) - 1;

std::int64_t first_place(Timestamp at) {
  return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count() << count_bits;
}

/// Gives out places of one transaction.
class Places {
 public:
  Places(storage::Connection& connection, UserId user) : connection_(connection), user_(user) {}

  /// Looks the minutes of these times up at once.
  Result<void> look_up(std::span<const Timestamp> times) {
    for (const Timestamp at : times) highest_[first_place(at)] = first_place(at) - 1;
    std::string minutes = "[";
    for (const auto& [first, highest] : highest_)
      minutes += (minutes.size() > 1 ? "," : "") + std::to_string(first);
    minutes += ']';
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(connection_, dialect_of(connection_).highest_places, minutes, user_));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return {};
      if (!rows.is_null(1)) highest_[rows.get<std::int64_t>(0)] = rows.get<std::int64_t>(1);
    }
  }

  /// When the minute is full, wherever the next one has room.
  Result<std::int64_t> next(Timestamp at) { return next(first_place(at)); }
  Result<std::int64_t> next(std::int64_t first) {
    for (;; first += last_in_minute + 1) {
      auto known = highest_.find(first);
      if (known == highest_.end()) {
        OMNICRM_ASSIGN(const auto found, storage::query_one<std::optional<std::int64_t>>(
                                             connection_, dialect_of(connection_).highest_place, first,
                                             first + last_in_minute, user_));
        known = highest_.emplace(first, found.value_or(std::nullopt).value_or(first - 1)).first;
      }
      if (known->second < first + last_in_minute) return ++known->second;
    }
  }

 private:
  storage::Connection& connection_;
  UserId user_;
  std::map<std::int64_t, std::int64_t> highest_;  // taken, by the minute's first place; one less: none
};

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

Result<void> insert_participants(storage::Statement& statement, UserId user, const Interaction& interaction) {
  std::int64_t ordinal = 0;
  for (const Participant& person : interaction.participants) {
    std::string match_key;
    if (auto address = parse_address(person.address)) match_key = std::move(address->match_key);
    OMNICRM_TRY(
        insert_more(statement, user, person, interaction.id, ordinal++, match_key, interaction.occurred_at));
  }
  return {};
}

Result<void> insert_documents(storage::Statement& statement, const Unit& unit, const Interaction& interaction,
                              std::span<Document> documents) {
  for (Document& document : documents) {
    document.id = unit.make_id<DocumentId>();
    document.interaction_id = interaction.id;
    document.raw_event_id = interaction.raw_event_id;
    document.batch_id = unit.batch();
    document.created_at = interaction.updated_at;
    OMNICRM_TRY(insert_more(statement, unit.user(), document));
  }
  return {};
}

Result<void> unindex(storage::Connection& connection, UserId user, std::int64_t seq,
                     const Interaction& interaction) {
  if (!needs_text_to_unindex(connection)) return unindex_text(connection, user, seq, {});
  OMNICRM_ASSIGN(const auto documents, documents_of(connection, user, interaction.id));
  return unindex_text(connection, user, seq, indexed_text(interaction, documents));
}

}  // namespace

Result<std::vector<std::int64_t>> free_places(storage::Connection& connection, UserId user,
                                              std::span<const Timestamp> times) {
  Places free(connection, user);
  if (times.size() > 1) OMNICRM_TRY(free.look_up(times));
  std::vector<std::int64_t> places;
  places.reserve(times.size());
  for (const Timestamp at : times) {
    OMNICRM_ASSIGN(const std::int64_t place, free.next(at));
    places.push_back(place);
  }
  return places;
}

Result<std::int64_t> free_place_of_minute(storage::Connection& connection, UserId user, std::int64_t place) {
  return Places(connection, user).next(place & ~last_in_minute);
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

Result<InteractionInserter> InteractionInserter::make(storage::Connection& connection, const Unit& unit) {
  InteractionInserter inserter(connection, unit);
  OMNICRM_ASSIGN(inserter.interactions_, prepare_insert_rows<Interaction>(connection));
  OMNICRM_ASSIGN(inserter.participants_, prepare_insert_rows<Participant>(connection));
  OMNICRM_ASSIGN(inserter.texts_, dialect_of(connection).prepare_index_text(connection));
  return inserter;
}

Result<void> InteractionInserter::add(const Interaction& interaction, std::span<Document> documents,
                                      std::int64_t place) {
  OMNICRM_TRY(insert_more(*interactions_, unit_.user(), interaction, place));
  OMNICRM_TRY(insert_participants(*participants_, unit_.user(), interaction));
  if (!documents.empty()) {
    if (!documents_) {
      OMNICRM_ASSIGN(documents_, prepare_insert_rows<Document>(connection_));
    }
    OMNICRM_TRY(insert_documents(*documents_, unit_, interaction, documents));
  }
  return dialect_of(connection_)
      .index_text(*texts_, unit_.user(), place, indexed_text(interaction, documents));
}

Result<void> insert_interaction(storage::Connection& connection, const Unit& unit,
                                const Interaction& interaction) {
  const Timestamp at[] = {interaction.occurred_at};
  OMNICRM_ASSIGN(const auto places, free_places(connection, unit.user(), at));
  OMNICRM_ASSIGN(auto inserter, InteractionInserter::make(connection, unit));
  return inserter.add(interaction, {}, places.front());
}

Result<void> replace_interaction(storage::Connection& connection, const Unit& unit,
                                 const Interaction& interaction,
                                 std::optional<std::span<Document>> documents) {
  OMNICRM_ASSIGN(std::int64_t seq, seq_of(connection, unit.user(), interaction.id));
  OMNICRM_ASSIGN(const auto before, find_interaction(connection, unit.user(), interaction.id));
  OMNICRM_TRY(unindex(connection, unit.user(), seq, *before));
  if (before->occurred_at != interaction.occurred_at) {
    const Timestamp at[] = {interaction.occurred_at};
    OMNICRM_ASSIGN(const auto places, free_places(connection, unit.user(), at));
    OMNICRM_TRY(storage::run(connection, "UPDATE interactions SET seq = ? WHERE user_id = ? AND seq = ?",
                             places.front(), unit.user(), seq));
    seq = places.front();
  }
  OMNICRM_TRY(update_row(connection, unit.user(), interaction));
  OMNICRM_TRY(storage::run(connection,
                           "DELETE FROM interaction_participants WHERE user_id = ? AND interaction_id = ?",
                           unit.user(), interaction.id));
  {
    OMNICRM_ASSIGN(const auto statement, prepare_insert_rows<Participant>(connection));
    OMNICRM_TRY(insert_participants(*statement, unit.user(), interaction));
  }
  if (documents) {
    OMNICRM_TRY(storage::run(connection, "DELETE FROM documents WHERE user_id = ? AND interaction_id = ?",
                             unit.user(), interaction.id));
    OMNICRM_ASSIGN(const auto statement, prepare_insert_rows<Document>(connection));
    OMNICRM_TRY(insert_documents(*statement, unit, interaction, *documents));
  }
  OMNICRM_ASSIGN(const auto stored, documents_of(connection, unit.user(), interaction.id));
  return index_text(connection, unit.user(), seq, indexed_text(interaction, stored));
}

Result<void> erase_interaction(storage::Connection& connection, const Unit& unit, InteractionId id) {
  OMNICRM_ASSIGN(const auto interaction, find_interaction(connection, unit.user(), id));
  if (!interaction) return not_found("interaction", id.to_string());
  OMNICRM_ASSIGN(const std::int64_t seq, seq_of(connection, unit.user(), id));
  OMNICRM_TRY(unindex(connection, unit.user(), seq, *interaction));
  OMNICRM_TRY(storage::run(connection, "DELETE FROM documents WHERE user_id = ? AND interaction_id = ?",
                           unit.user(), id));
  OMNICRM_TRY(storage::run(connection,
                           "DELETE FROM interaction_participants WHERE user_id = ? AND interaction_id = ?",
                           unit.user(), id));
  OMNICRM_TRY(
      storage::run(connection, "DELETE FROM interactions WHERE user_id = ? AND seq = ?", unit.user(), seq));
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

Result<std::vector<std::vector<Participant>>> participants_of(storage::Connection& connection, UserId user,
                                                              std::span<const InteractionId> ids) {
  constexpr std::size_t at_once = 51;  // a page and the one more that says there is a next
  static const std::string sql = "SELECT " + std::string(column_list<Participant>()) +
                                 ", interaction_id FROM interaction_participants WHERE user_id = ? AND "
                                 "interaction_id IN " +
                                 parameter_list(at_once) + " ORDER BY interaction_id, ordinal";
  std::map<InteractionId, std::vector<Participant>> found;
  for (auto rest = ids; !rest.empty(); rest = rest.subspan(std::min(rest.size(), at_once))) {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, user));
    bind_list(rows.statement(), 1, at_once, rest.first(std::min(rest.size(), at_once)));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      OMNICRM_ASSIGN(Participant person, read_row<Participant>(rows.statement()));
      found[rows.get<InteractionId>(column_count<Participant>)].push_back(std::move(person));
    }
  }
  std::vector<std::vector<Participant>> people;
  people.reserve(ids.size());
  for (const InteractionId id : ids) people.push_back(std::move(found[id]));
  return people;
}

Result<std::vector<Document>> documents_of(storage::Connection& connection, UserId user, InteractionId id) {
  return list_rows<Document>(
      connection, select_sql<Document, "WHERE user_id = ? AND interaction_id = ? ORDER BY part, seq">(), user,
      id);
}

}  // namespace omnicrm::repository
