#include "sync/record_writer.hpp"

#include <algorithm>
#include <numeric>

#include "core/address.hpp"
#include "core/errors.hpp"
#include "model/json.hpp"
#include "repository/batch_changes.hpp"
#include "repository/contact_import.hpp"
#include "repository/row.hpp"
#include "repository/sql_tags.hpp"
#include "repository/suppressed_items.hpp"
#include "storage/query.hpp"

namespace omnicrm::sync {
namespace {

Origin origin_of(const RawEvent& event) {
  if (event.service == "mail") return Origin::email;
  if (event.service == "calendar") return Origin::calendar;
  if (event.service == "table") return Origin::csv;
  return event.service == "contacts" ? Origin::vcard : Origin::host;
}

/// Whether a normalizer's new instance says the same as the stored one: all but what the library itself sets.
bool same_content(const Interaction& stored, const Interaction& made) {
  Interaction comparable = made;
  comparable.id = stored.id;
  comparable.version = stored.version;
  comparable.batch_id = stored.batch_id;
  comparable.created_at = stored.created_at;
  comparable.updated_at = stored.updated_at;
  comparable.contact_id = stored.contact_id;
  return comparable == stored;
}

/// What names an instance within its series.
std::string instance_key(const Interaction& interaction) {
  return interaction.original_start ? omnicrm::to_string(*interaction.original_start) : std::string();
}

void add_key(std::set<std::string>& keys, const Participant& person) {
  if (auto address = parse_address(person.address)) keys.insert(std::move(address->match_key));
}

}  // namespace

NormalizeOptions normalize_options(const SyncPlan& plan, Timestamp now) {
  const Timestamp from = plan.approved_at.value_or(now);
  const auto owner = Owner(plan.summary.owner_addresses);
  return {.owner_keys = owner.keys(),
          .default_zone = plan.source.default_zone,
          .window_start = from - std::chrono::days(plan.source.past_days),
          .window_end = from + std::chrono::days(plan.source.future_days)};
}

RecordWriter::RecordWriter(storage::Connection& connection, const repository::Unit& unit,
                           const SyncPlan& plan)
    : connection_(connection),
      unit_(unit),
      plan_(plan),
      owner_(plan.summary.owner_addresses),
      lookups_(connection, unit) {}

Result<void> RecordWriter::look_up(std::span<const Planned> items) {
  std::set<std::string> addresses;
  std::vector<std::string> names;
  for (const Planned& item : items) {
    names.push_back(repository::item_name(item.event->service, item.event->source_id));
    if (item.normalized == nullptr) continue;
    for (const Participant& person : item.normalized->facts.participants) add_key(addresses, person);
    for (const NormalizedInteraction& made : item.normalized->interactions) {
      for (const Participant& person : made.interaction.participants) add_key(addresses, person);
    }
  }
  if (names.empty()) return {};
  OMNICRM_TRY(lookups_.look_up(addresses));
  OMNICRM_ASSIGN(suppressed_items_, repository::suppressed_items(connection_, unit_.user(), names));
  return {};
}

bool RecordWriter::is_suppressed(const RawEvent& event) const {
  return !suppressed_items_.empty() &&
         suppressed_items_.contains(repository::item_name(event.service, event.source_id));
}

void RecordWriter::count(RawEventState state) {
  switch (state) {
    case RawEventState::normalized:
      ++counts_.normalized;
      break;
    case RawEventState::poison:
      ++counts_.poison;
      break;
    default:
      ++counts_.skipped;
  }
}

Result<void> RecordWriter::settle(const RawEvent& event, RawEventState state, std::string_view reason,
                                  std::int64_t version) {
  count(state);
  return repository::RawEvents(connection_, unit_).settle(event.id, state, reason, version);
}

Result<void> RecordWriter::settle_or_wait(const RawEvent& event, RawEventState state, std::string reason,
                                          std::int64_t version) {
  // Only of a message it is certain that it does not come twice.
  if (event.service != "mail") return settle(event, state, reason, version);
  count(state);
  settling_[{state, version, std::move(reason)}].push_back(event.id);
  return {};
}

Result<void> RecordWriter::write_settled() {
  repository::RawEvents raw_events(connection_, unit_);
  for (const auto& [how, ids] : settling_)
    OMNICRM_TRY(raw_events.settle_many(ids, how.state, how.reason, how.version));
  settling_.clear();
  return {};
}

void RecordWriter::count_decision(const PersonDecision& decision) {
  if (!decision.match_key.empty()) ++decisions_[{decision.match_key, decision.rule}];
}

Result<void> RecordWriter::write_people(const ItemFacts& facts, InteractionKind kind, Origin origin,
                                        Timestamp at, RawEventId raw_event) {
  for (PersonDecision& person : decide(facts, kind, owner_, plan_.source.contact_policy)) {
    if (makes_contact(person.rule)) {
      OMNICRM_ASSIGN(const bool rejected, lookups_.is_email_suppressed(person.match_key));
      if (rejected) person.rule = ContactRule::suppressed;
    }
    count_decision(person);
    if (!makes_contact(person.rule)) continue;
    repository::SeenContact seen;
    seen.draft.display_name = person.name;
    seen.draft.emails.push_back({.value = person.address, .label = {}, .is_primary = false});
    seen.draft.source = origin;
    seen.origin = origin;
    seen.at = at;
    seen.raw_event = raw_event;
    seen.create_organization = true;
    OMNICRM_ASSIGN(const auto imported, repository::import_contact(connection_, unit_, seen, lookups_));
    counts_.contacts += (imported.what == repository::ImportedContact::created ? 1 : 0) - imported.erased;
    counts_.contacts_changed += imported.what == repository::ImportedContact::changed;
    counts_.organizations += imported.organizations_created;
  }
  return {};
}

Result<void> RecordWriter::tag_contact(ContactId contact, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    OMNICRM_ASSIGN(const TagId tag, repository::find_or_create_tag(connection_, unit_, name));
    OMNICRM_TRY(repository::SqlTags(unit_).assign(tag, {contact}));
  }
  return {};
}

Result<std::string> RecordWriter::write_cards(std::span<const RawEvent> events,
                                              const Normalized& normalized) {
  std::string left_out;
  for (const NormalizedContact& card : normalized.contacts) {
    const RawEvent& event = events[card.item];
    const auto people = decide(normalized.facts, InteractionKind::note, owner_, ContactPolicy::sent);
    for (const PersonDecision& person : people) count_decision(person);
    if (!people.empty() && !makes_contact(people.front().rule)) {
      left_out = std::string(to_string(people.front().rule)) + ": the user's own card";
      continue;
    }
    repository::SeenContact seen;
    seen.draft = card.contact;
    seen.draft.source = seen.origin = origin_of(event);
    seen.at = card.revised_at.value_or(Timestamp{});
    seen.raw_event = event.id;
    seen.create_organization = true;
    OMNICRM_ASSIGN(const auto imported, repository::import_contact(connection_, unit_, seen, lookups_));
    counts_.contacts += (imported.what == repository::ImportedContact::created ? 1 : 0) - imported.erased;
    counts_.contacts_changed += imported.what == repository::ImportedContact::changed;
    counts_.organizations += imported.organizations_created;
    if (imported.what == repository::ImportedContact::suppressed) {
      left_out = "suppressed: the user deleted this contact";
      continue;
    }
    OMNICRM_TRY(tag_contact(imported.id, card.tags));
  }
  return left_out;
}

Result<void> RecordWriter::complete(Interaction& interaction, const RawEvent& event, const ItemFacts& facts,
                                    const Normalizer& normalizer) {
  interaction.source = origin_of(event);
  interaction.raw_event_id = event.id;
  interaction.normalizer_version = normalizer.version();
  interaction.batch_id = unit_.batch();
  if (interaction.kind == InteractionKind::email) interaction.direction = direction_of(facts, owner_);
  for (Participant& person : interaction.participants) {
    person.contact_id.reset();
    auto address = parse_address(person.address);
    if (!address) continue;
    person.is_self = owner_.owns(address->match_key);
    OMNICRM_ASSIGN(person.contact_id, lookups_.owner_of_email(address->match_key));
    if (interaction.kind == InteractionKind::meeting && person.role == ParticipantRole::organizer) {
      interaction.direction = person.is_self ? Direction::outbound : Direction::inbound;
    }
  }
  interaction.contact_id = repository::primary_contact(interaction.participants);
  return {};
}

Result<void> RecordWriter::write_waiting() {
  if (waiting_.empty()) return {};
  std::vector<Timestamp> times;
  times.reserve(waiting_.size());
  for (const Waiting& each : waiting_) times.push_back(each.made->interaction.occurred_at);
  OMNICRM_ASSIGN(const auto places, repository::free_places(connection_, unit_.user(), times));
  std::vector<std::size_t> order(waiting_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t index) { return places[index]; });
  OMNICRM_ASSIGN(auto inserter, repository::InteractionInserter::make(connection_, unit_));
  for (const std::size_t index : order) {
    const Waiting& each = waiting_[index];
    Interaction interaction = each.made->interaction;
    std::vector<Document> documents = each.made->documents;
    OMNICRM_TRY(complete(interaction, *each.event, *each.facts, *each.normalizer));
    interaction.id = unit_.make_id<InteractionId>();
    interaction.created_at = interaction.updated_at = unit_.now();
    OMNICRM_TRY(inserter.add(interaction, documents, places[index]));
    ++counts_.interactions;
    counts_.documents += std::ssize(documents);
  }
  waiting_.clear();
  return {};
}

Result<void> RecordWriter::write(std::span<const RawEvent> events, const Result<Normalized>& normalized,
                                 const Normalizer& normalizer) {
  const RawEvent& event = events.front();
  if (!normalized) {
    return settle_or_wait(event, RawEventState::poison, "unreadable: " + normalized.error().message,
                          normalizer.version());
  }
  if (normalized->state != RawEventState::normalized) {
    return settle_or_wait(event, normalized->state, normalized->reason, normalizer.version());
  }
  for (const NormalizedInteraction& made : normalized->interactions) {
    OMNICRM_TRY(write_people(normalized->facts, made.interaction.kind, origin_of(event),
                             made.interaction.occurred_at, event.id));
    waiting_.push_back({&event, &made, &normalized->facts, &normalizer});
  }
  OMNICRM_ASSIGN(const std::string left_out, write_cards(events, *normalized));
  if (!left_out.empty()) return settle_or_wait(event, RawEventState::skipped, left_out, normalizer.version());
  return settle_or_wait(event, RawEventState::normalized, "", normalizer.version());
}

Result<std::vector<Interaction>> RecordWriter::instances_of(const std::string& thread_id) {
  OMNICRM_ASSIGN(
      auto instances,
      repository::list_rows<Interaction>(
          connection_,
          repository::select_sql<Interaction,
                                 "WHERE user_id = ? AND thread_id = ? AND raw_event_id IS NOT NULL">(),
          unit_.user(), thread_id));
  for (Interaction& instance : instances) {
    OMNICRM_ASSIGN(instance.participants,
                   repository::participants_of(connection_, unit_.user(), instance.id));
  }
  return instances;
}

Result<void> RecordWriter::replace_instance(const Interaction& before, const RawEvent& event,
                                            const NormalizedInteraction& made, const ItemFacts& facts,
                                            const Normalizer& normalizer) {
  Interaction after = made.interaction;
  OMNICRM_TRY(complete(after, event, facts, normalizer));
  if (same_content(before, after)) return {};
  after.id = before.id;
  after.version = before.version + 1;
  after.batch_id = before.batch_id;
  after.created_at = before.created_at;
  after.updated_at = unit_.now();
  OMNICRM_TRY(repository::replace_interaction(connection_, unit_, after, std::nullopt));
  return repository::record_change(connection_, unit_,
                                   {.table = "interactions",
                                    .row_id = before.id.value,
                                    .before = repository::row_image(before),
                                    .after = repository::row_image(after)});
}

Result<void> RecordWriter::remove_instance(const Interaction& before) {
  OMNICRM_TRY(repository::erase_interaction(connection_, unit_, before.id));
  if (before.batch_id == unit_.batch()) return {};  // this batch made it itself: as if it had never been
  return repository::record_change(connection_, unit_,
                                   {.table = "interactions",
                                    .row_id = before.id.value,
                                    .before = repository::row_image(before),
                                    .after = std::nullopt});
}

Result<void> RecordWriter::write_series(std::span<const RawEvent> events, const std::set<RawEventId>& own,
                                        const Result<Normalized>& normalized, const Normalizer& normalizer,
                                        std::string_view series) {
  if (!normalized) {
    for (const RawEvent& event : events) {
      if (event.state != RawEventState::pending || !own.contains(event.id)) continue;
      OMNICRM_TRY(settle(event, RawEventState::poison, "unreadable: " + normalized.error().message,
                         normalizer.version()));
    }
    return {};
  }
  OMNICRM_TRY(lookups_.made().finish());  // they may be participants of what is stored
  std::map<std::string, Interaction> stored;
  OMNICRM_ASSIGN(auto instances, instances_of("event:" + std::string(series)));
  for (Interaction& instance : instances) stored.emplace(instance_key(instance), std::move(instance));
  // A never-ending rule has many instances and the same people: they are decided once.
  if (!normalized->interactions.empty()) {
    const NormalizedInteraction& first = normalized->interactions.front();
    OMNICRM_TRY(write_people(normalized->facts, InteractionKind::meeting, Origin::calendar,
                             first.interaction.occurred_at, events[first.item].id));
  }
  for (const NormalizedInteraction& made : normalized->interactions) {
    const auto known = stored.find(instance_key(made.interaction));
    if (known == stored.end()) {
      waiting_.push_back({&events[made.item], &made, &normalized->facts, &normalizer});
    } else {
      OMNICRM_TRY(replace_instance(known->second, events[made.item], made, normalized->facts, normalizer));
      stored.erase(known);
    }
  }
  OMNICRM_TRY(write_waiting());  // what was made here does not stay
  for (const auto& [key, gone] : stored) OMNICRM_TRY(remove_instance(gone));
  for (const RawEvent& event : events) {
    if (event.state == RawEventState::pending && own.contains(event.id)) {
      OMNICRM_TRY(settle(event, RawEventState::normalized, "", normalizer.version()));
    }
  }
  return {};
}

Result<void> RecordWriter::write_decisions() {
  if (decisions_.empty()) return {};
  constexpr std::string_view columns[] = {"user_id", "batch_id", "match_key", "rule", "decision", "messages"};
  OMNICRM_ASSIGN(const auto insert,
                 connection_.prepare_insert("contact_decisions", columns,
                                            "ON CONFLICT (user_id, batch_id, match_key, rule) DO UPDATE SET "
                                            "messages = contact_decisions.messages + excluded.messages"));
  for (const auto& [key, messages] : decisions_) {
    const std::string_view rule = to_string(key.second);
    const std::string_view decision = makes_contact(key.second) ? "contact" : "skip";
    storage::bind_value(*insert, 0, unit_.user());
    storage::bind_value(*insert, 1, *unit_.batch());
    storage::bind_value(*insert, 2, key.first);
    storage::bind_value(*insert, 3, rule);
    storage::bind_value(*insert, 4, decision);
    storage::bind_value(*insert, 5, messages);
    OMNICRM_TRY(insert->step());
    insert->reset();
  }
  return {};
}

Result<void> RecordWriter::finish() {
  OMNICRM_TRY(lookups_.made().finish());
  OMNICRM_TRY(write_waiting());
  OMNICRM_TRY(write_settled());
  return write_decisions();
}

}  // namespace omnicrm::sync
