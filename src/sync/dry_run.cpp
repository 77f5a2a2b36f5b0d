#include "sync/dry_run.hpp"

#include <memory>
#include <optional>

#include "core/errors.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "storage/query.hpp"
#include "storage/scratch.hpp"
#include "sync/contact_rules.hpp"
#include "sync/people_tally.hpp"

namespace omnicrm::sync {
namespace {

/// Whose addresses were the user's own when the mail came in: they are marked on each participant.
Result<Owner> owner_of(storage::Connection& connection, UserId user) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection,
                                                "SELECT DISTINCT address FROM interaction_participants "
                                                "WHERE user_id = ? AND is_self = 1",
                                                user));
  std::vector<std::string> addresses;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return Owner(addresses);
    addresses.push_back(rows.get<std::string>(0));
  }
}

/// The participants of one interaction after another, in the order of their table.
Result<void> tally(storage::Connection& connection, UserId user, ContactPolicy policy, PeopleTally& people) {
  OMNICRM_ASSIGN(const Owner owner, owner_of(connection, user));
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection,
                                     "SELECT p.interaction_id, i.kind, i.is_bulk, p.role, p.address, p.name "
                                     "FROM interaction_participants p JOIN interactions i "
                                     "ON i.user_id = p.user_id AND i.id = p.interaction_id "
                                     "WHERE p.user_id = ? AND i.raw_event_id IS NOT NULL "
                                     "ORDER BY p.interaction_id, p.ordinal",
                                     user));
  rows.statement().stream();
  InteractionId current;
  InteractionKind kind = InteractionKind::email;
  ItemFacts facts;
  const auto decide_current = [&]() -> Result<void> {
    if (facts.participants.empty()) return {};
    for (const PersonDecision& person : decide(facts, kind, owner, policy)) OMNICRM_TRY(people.add(person));
    return {};
  };
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return decide_current();
    if (const auto id = rows.get<InteractionId>(0); id != current) {
      OMNICRM_TRY(decide_current());
      current = id;
      facts = {};
      kind = enum_from_name<InteractionKind>(rows.get<std::string>(1)).value_or(InteractionKind::email);
      facts.from_list = rows.get<bool>(2);
    }
    Participant& person = facts.participants.emplace_back();
    person.role = enum_from_name<ParticipantRole>(rows.get<std::string>(3)).value_or(ParticipantRole::to);
    person.address = rows.get<std::string>(4);
    person.name = rows.get<std::string>(5);
  }
}

}  // namespace

Result<PolicyDryRun> dry_run_policy(const repository::Unit& unit, ContactPolicy policy) {
  std::unique_ptr<storage::Scratch> scratch;
  std::optional<PeopleTally> people;
  // The scratch is made inside: a read that is run again begins with an empty one.
  OMNICRM_TRY(unit.read([&](storage::Connection& connection) -> Result<void> {
    people.reset();
    OMNICRM_ASSIGN(scratch, storage::Scratch::open());
    OMNICRM_ASSIGN(people, PeopleTally::open(scratch->connection()));
    return tally(connection, unit.user(), policy, *people);
  }));
  OMNICRM_TRY(people->match(unit));
  PlanSummary summary;
  OMNICRM_TRY(people->summarize(summary));
  return PolicyDryRun{.policy = policy,
                      .contacts_to_create = summary.contacts_to_create,
                      .contacts_already_there = summary.contacts_to_match,
                      .contacts = std::move(summary.contacts)};
}

}  // namespace omnicrm::sync
