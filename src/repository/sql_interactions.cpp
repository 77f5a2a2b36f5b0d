#include "repository/sql_interactions.hpp"

#include "core/address.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "model/reflect.hpp"
#include "repository/audit_log.hpp"
#include "repository/batch_changes.hpp"
#include "repository/bound_sql.hpp"
#include "repository/cursor.hpp"
#include "repository/dialect.hpp"
#include "repository/interaction_rows.hpp"
#include "repository/row.hpp"
#include "repository/text_check.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::size_t max_participants = 1'000;
constexpr std::size_t max_text_bytes = std::size_t{16} << 20;

Result<void> check(const Interaction& interaction) {
  if (text::trim(interaction.subject).empty() && text::trim(interaction.body).empty()) {
    return invalid("subject", "an interaction needs a subject or a body");
  }
  OMNICRM_TRY(check_texts(interaction));
  if (interaction.body.size() > max_text_bytes) return invalid("body", "is over 16 MiB");
  if (interaction.participants.size() > max_participants) return invalid("participants", "are over 1,000");
  if (interaction.ended_at && *interaction.ended_at < interaction.occurred_at) {
    return invalid("ended_at", "is before occurred_at");
  }
  return {};
}

Result<void> check_contact(storage::Connection& connection, UserId user, ContactId contact) {
  OMNICRM_ASSIGN(const auto found,
                 storage::query_one<std::int64_t>(
                     connection, "SELECT 1 FROM contacts WHERE user_id = ? AND id = ? AND deleted_at IS NULL",
                     user, contact));
  if (!found) return not_found("contact", contact.to_string());
  return {};
}

/// Normalizes addresses, links each participant to the contact that owns its address, and makes `contact_id`
/// a participant.
Result<void> link_people(storage::Connection& connection, UserId user, Interaction& interaction) {
  std::size_t index = 0;
  for (Participant& person : interaction.participants) {
    const std::string field = "participants[" + std::to_string(index++) + "]";
    if (person.address.empty()) {
      if (!person.contact_id) return invalid(field, "needs an address or a contact_id");
      OMNICRM_TRY(check_contact(connection, user, *person.contact_id));
      continue;
    }
    auto address = parse_address(person.address);
    if (!address) return invalid(field + ".address", "is not an e-mail address");
    person.address = address->normalized;
    OMNICRM_ASSIGN(person.contact_id, owner_of_email(connection, user, address->match_key));
  }
  if (!interaction.contact_id) {
    interaction.contact_id = primary_contact(interaction.participants);
    return {};
  }
  OMNICRM_TRY(check_contact(connection, user, *interaction.contact_id));
  for (const Participant& person : interaction.participants) {
    if (person.contact_id == interaction.contact_id) return {};
  }
  Participant& subject = interaction.participants.emplace_back();
  subject.role = ParticipantRole::about;
  subject.contact_id = interaction.contact_id;
  return {};
}

Result<Interaction> load(storage::Connection& connection, UserId user, InteractionId id) {
  OMNICRM_ASSIGN(auto interaction, find_interaction(connection, user, id));
  if (!interaction) return not_found("interaction", id.to_string());
  return std::move(*interaction);
}

Result<void> check_version(const Interaction& stored, std::int64_t version) {
  if (version == 0 || stored.version == version) return {};
  return failure(ErrorCode::conflict, "interaction " + stored.id.to_string() + ": version is " +
                                          std::to_string(stored.version) + ", not " +
                                          std::to_string(version));
}

/// What the caller may not change comes from the stored record.
Interaction merged(const Interaction& stored, Interaction changed) {
  changed.source = stored.source;
  changed.raw_event_id = stored.raw_event_id;
  changed.normalizer_version = stored.normalizer_version;
  changed.batch_id = stored.batch_id;
  changed.created_at = stored.created_at;
  changed.message_id = stored.message_id;
  changed.in_reply_to = stored.in_reply_to;
  changed.original_start = stored.original_start;
  changed.version = stored.version + 1;
  return changed;
}

std::string filter_name(const TimelineFilter& filter) {
  std::string name = "timeline|";
  if (filter.contact_id) name += filter.contact_id->to_string();
  for (InteractionKind kind : filter.kinds) name += "|" + std::string(enum_name(kind));
  if (filter.direction) name += "|" + std::string(enum_name(*filter.direction));
  name += "|" + filter.thread_id;
  name += "|" + (filter.after ? to_string(*filter.after) : "");
  name += "|" + (filter.before ? to_string(*filter.before) : "");
  return name + (filter.include_bulk ? "|bulk" : "");
}

// One contact's timeline walks the participants' index, the whole one the interactions' own: both in order,
// so that a page reads its own rows and no others. A contact that stands twice in an interaction counts once,
// by its first participant row: IS NOT DISTINCT FROM, because `=` lets PostgreSQL look for the earlier row
// among all of the contact's instead of the interaction's.
BoundSql timeline_query(const Unit& unit, const TimelineFilter& filter) {
  static const std::string of_all =
      "SELECT " + std::string(column_list<Interaction, "i.">()) + " FROM interactions i WHERE i.user_id = ?";
  static const std::string columns = "SELECT " + std::string(column_list<Interaction, "i.">());
  BoundSql query;
  if (!filter.contact_id) return std::move(query.add(of_all, unit.user()));
  query.add(columns)
      .add(" FROM interaction_participants p")
      .add(dialect_of(unit.dialect()).ordered_join)
      .add("interactions i ON i.user_id = p.user_id AND i.id = p.interaction_id WHERE p.user_id = ?",
           unit.user())
      .add(" AND p.contact_id = ?", *filter.contact_id)
      .add(
          " AND NOT EXISTS (SELECT 1 FROM interaction_participants q WHERE q.user_id = p.user_id AND "
          "q.interaction_id = p.interaction_id AND q.ordinal < p.ordinal AND "
          "q.contact_id IS NOT DISTINCT FROM p.contact_id)");
  return query;
}

void add_filters(BoundSql& query, const TimelineFilter& filter, std::string_view at) {
  const std::string column(at);
  if (filter.after) query.add(" AND " + column + " >= ?", *filter.after);
  if (filter.before) query.add(" AND " + column + " < ?", *filter.before);
  if (!filter.kinds.empty()) {
    std::vector<std::string_view> names;
    for (InteractionKind kind : filter.kinds) names.push_back(enum_name(kind));
    query.add(" AND i.kind IN").add_list(names);
  }
  if (filter.direction) query.add(" AND i.direction = ?", enum_name(*filter.direction));
  if (!filter.thread_id.empty()) query.add(" AND i.thread_id = ?", filter.thread_id);
  if (!filter.include_bulk) query.add(" AND i.is_bulk = 0");
}

}  // namespace

Result<Interaction> SqlInteractions::create(const Interaction& draft) {
  OMNICRM_TRY(check(draft));
  return unit_.write([&](storage::Connection& connection) -> Result<Interaction> {
    Interaction interaction = draft;
    interaction.id = unit_.make_id<InteractionId>();
    interaction.version = 1;
    interaction.batch_id = unit_.batch();
    interaction.raw_event_id.reset();
    interaction.normalizer_version = 0;
    interaction.created_at = interaction.updated_at = unit_.now();
    if (interaction.occurred_at == Timestamp{}) interaction.occurred_at = interaction.created_at;
    OMNICRM_TRY(link_people(connection, unit_.user(), interaction));
    OMNICRM_TRY(insert_interaction(connection, unit_, interaction));
    OMNICRM_TRY(append_audit(connection, unit_, "interactions.create", "interaction",
                             interaction.id.to_string(),
                             R"({"kind":")" + std::string(enum_name(interaction.kind)) + "\"}"));
    return interaction;
  });
}

Result<Interaction> SqlInteractions::get(InteractionId id) {
  return unit_.read([&](storage::Connection& connection) { return load(connection, unit_.user(), id); });
}

Result<Interaction> SqlInteractions::update(const Interaction& changed) {
  OMNICRM_TRY(check(changed));
  return unit_.write([&](storage::Connection& connection) -> Result<Interaction> {
    OMNICRM_ASSIGN(const Interaction stored, load(connection, unit_.user(), changed.id));
    if (stored.version != changed.version)
      OMNICRM_TRY(check_version(stored, std::max<std::int64_t>(changed.version, 1)));
    Interaction next = merged(stored, changed);
    next.updated_at = unit_.now();
    OMNICRM_TRY(link_people(connection, unit_.user(), next));
    OMNICRM_TRY(replace_interaction(connection, unit_, next, std::nullopt));
    OMNICRM_TRY(record_change(connection, unit_,
                              {.table = "interactions",
                               .row_id = next.id.value,
                               .before = row_image(stored),
                               .after = row_image(next)}));
    OMNICRM_TRY(append_audit(connection, unit_, "interactions.update", "interaction", next.id.to_string()));
    return next;
  });
}

Result<void> SqlInteractions::remove(InteractionId id, std::int64_t version) {
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const Interaction stored, load(connection, unit_.user(), id));
    OMNICRM_TRY(check_version(stored, version));
    OMNICRM_TRY(erase_interaction(connection, unit_, id));
    if (stored.raw_event_id) {
      // The source still has it: remember that the user does not want it.
      OMNICRM_TRY(storage::run(connection,
                               "INSERT INTO suppressions (user_id, id, kind, value, reason, created_at) "
                               "SELECT user_id, ?, 'item', service || ':' || source_id, 'deleted', ? "
                               "FROM raw_events WHERE user_id = ? AND id = ? "
                               "ON CONFLICT (user_id, kind, value) DO NOTHING",
                               unit_.make_id<SuppressionId>(), unit_.now(), unit_.user(),
                               *stored.raw_event_id));
    }
    return append_audit(connection, unit_, "interactions.delete", "interaction", id.to_string());
  });
}

Result<Page<Interaction>> SqlInteractions::timeline(const TimelineFilter& filter, const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  const std::string name = filter_name(filter);
  const bool of_contact = filter.contact_id.has_value();
  BoundSql query = timeline_query(unit_, filter);
  add_filters(query, filter, of_contact ? "p.occurred_at" : "i.occurred_at");
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(const auto last, (read_cursor<Timestamp, InteractionId>(name, page.cursor)));
    query.add(of_contact ? " AND (p.occurred_at, p.interaction_id) < (?, ?)"
                         : " AND (i.occurred_at, i.id) < (?, ?)",
              std::get<0>(last), std::get<1>(last));
  }
  query
      .add(of_contact ? " ORDER BY p.occurred_at DESC, p.interaction_id DESC"
                      : " ORDER BY i.occurred_at DESC, i.id DESC")
      .add(" LIMIT ?", page.limit + 1);
  return unit_.read([&](storage::Connection& connection) -> Result<Page<Interaction>> {
    if (of_contact) OMNICRM_TRY(check_contact(connection, unit_.user(), *filter.contact_id));
    Page<Interaction> answer;
    std::vector<InteractionId> ids;
    OMNICRM_ASSIGN(auto rows, query.run(connection));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      if (std::ssize(answer.items) == page.limit) {
        answer.next = make_cursor(name, answer.items.back().occurred_at, answer.items.back().id);
        break;
      }
      OMNICRM_ASSIGN(Interaction interaction, read_row<Interaction>(rows.statement()));
      ids.push_back(interaction.id);
      answer.items.push_back(std::move(interaction));
    }
    OMNICRM_ASSIGN(auto people, participants_of(connection, unit_.user(), ids));
    for (std::size_t i = 0; i < people.size(); ++i) answer.items[i].participants = std::move(people[i]);
    return answer;
  });
}

Result<std::vector<Document>> SqlInteractions::documents(InteractionId id) {
  return unit_.read([&](storage::Connection& connection) -> Result<std::vector<Document>> {
    OMNICRM_TRY(load(connection, unit_.user(), id));
    return documents_of(connection, unit_.user(), id);
  });
}

Result<std::vector<ContactActivity>> SqlInteractions::most_active(std::int64_t limit) {
  if (limit < 1 || limit > 1'000) return invalid("limit", "must be 1 to 1,000");
  return unit_.read([&](storage::Connection& connection) -> Result<std::vector<ContactActivity>> {
    // Mail between the two, either way, and meetings: not everybody who was in copy.
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(
                       connection,
                       "SELECT p.contact_id, c.display_name, COUNT(DISTINCT i.id), "
                       "COUNT(DISTINCT CASE WHEN i.direction = 'outbound' THEN i.id END), "
                       "COUNT(DISTINCT CASE WHEN i.direction = 'inbound' THEN i.id END), MAX(i.occurred_at) "
                       "FROM interaction_participants p JOIN interactions i ON i.user_id = p.user_id AND "
                       "i.id = p.interaction_id "
                       "JOIN contacts c ON c.user_id = p.user_id AND c.id = p.contact_id "
                       "WHERE p.user_id = ? AND p.contact_id IS NOT NULL AND p.is_self = 0 AND i.is_bulk = 0 "
                       "AND (i.kind <> 'email' OR p.role = 'from' OR i.direction = 'outbound') "
                       "GROUP BY p.contact_id, c.display_name, c.sort_name "
                       "ORDER BY 3 DESC, c.sort_name, p.contact_id LIMIT ?",
                       unit_.user(), limit));
    std::vector<ContactActivity> people;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return people;
      people.push_back({.contact_id = rows.get<ContactId>(0),
                        .display_name = rows.get<std::string>(1),
                        .interactions = rows.get<std::int64_t>(2),
                        .outbound = rows.get<std::int64_t>(3),
                        .inbound = rows.get<std::int64_t>(4),
                        .last_at = rows.get<std::optional<Timestamp>>(5)});
    }
  });
}

}  // namespace omnicrm::repository
