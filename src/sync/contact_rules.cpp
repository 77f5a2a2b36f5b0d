#include "sync/contact_rules.hpp"

#include <algorithm>
#include <array>

#include "core/address.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::array<std::string_view, 13> rule_names = {
    "card",         "wrote_to",    "met",       "wrote_to_you",   "own_address",
    "role_address", "resource",    "list_mail", "auto_submitted", "too_many_recipients",
    "suppressed",   "bad_address", "policy"};

bool is_recipient(ParticipantRole role) {
  return role == ParticipantRole::to || role == ParticipantRole::cc || role == ParticipantRole::bcc;
}

bool is_sender(ParticipantRole role) {
  return role == ParticipantRole::from || role == ParticipantRole::sender;
}

/// What the item as a whole says about everybody in it; nothing when each is decided alone.
std::optional<ContactRule> rule_of_item(const ItemFacts& facts) {
  if (facts.is_card) return ContactRule::card;
  if (facts.auto_submitted) return ContactRule::auto_submitted;
  if (facts.from_list) return ContactRule::list_mail;
  const auto reached = std::ranges::count_if(facts.participants, [](const Participant& person) {
    return is_recipient(person.role) || person.role == ParticipantRole::attendee ||
           person.role == ParticipantRole::optional_attendee;
  });
  if (static_cast<std::size_t>(reached) > max_recipients) return ContactRule::too_many_recipients;
  return std::nullopt;
}

ContactRule rule_of_role(ParticipantRole role, InteractionKind kind, Direction direction,
                         ContactPolicy policy) {
  if (policy == ContactPolicy::none) return ContactRule::policy;
  if (kind == InteractionKind::meeting) return ContactRule::met;
  if (direction == Direction::outbound && is_recipient(role)) return ContactRule::wrote_to;
  if (direction == Direction::inbound && role == ParticipantRole::from &&
      policy == ContactPolicy::sent_and_received) {
    return ContactRule::wrote_to_you;
  }
  return ContactRule::policy;
}

ContactRule decide_one(const Participant& person, const Address& address, const ItemFacts& facts,
                       std::optional<ContactRule> item_rule, InteractionKind kind, Direction direction,
                       const Owner& owner, ContactPolicy policy) {
  if (owner.owns(address.match_key)) return ContactRule::own_address;
  if (facts.is_card) return ContactRule::card;
  if (person.role == ParticipantRole::resource) return ContactRule::resource;
  if (is_role_address(std::string_view(address.normalized).substr(0, address.normalized.rfind('@')))) {
    return ContactRule::role_address;
  }
  return item_rule ? *item_rule : rule_of_role(person.role, kind, direction, policy);
}

}  // namespace

std::string_view to_string(ContactRule rule) noexcept {
  return rule_names[static_cast<std::size_t>(rule)];
}

Owner::Owner(std::span<const std::string> addresses) {
  for (const std::string& text : addresses) {
    if (auto address = parse_address(text)) keys_.push_back(address->match_key);
  }
  std::ranges::sort(keys_);
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());  // clang 14 cannot take ranges::unique
}

bool Owner::owns(std::string_view match_key) const noexcept {
  return std::binary_search(keys_.begin(), keys_.end(), match_key);
}

Direction direction_of(const ItemFacts& facts, const Owner& owner) {
  bool from_self = facts.marked_sent;
  bool to_others = false;
  for (const Participant& person : facts.participants) {
    auto address = parse_address(person.address);
    if (!address) continue;
    const bool self = owner.owns(address->match_key);
    if (is_sender(person.role) && self) from_self = true;
    if (is_recipient(person.role) && !self) to_others = true;
  }
  if (!from_self) return Direction::inbound;
  return to_others ? Direction::outbound : Direction::internal;
}

std::vector<PersonDecision> decide(const ItemFacts& facts, InteractionKind kind, const Owner& owner,
                                   ContactPolicy policy) {
  const Direction direction = direction_of(facts, owner);
  const std::optional<ContactRule> item_rule = rule_of_item(facts);
  std::vector<PersonDecision> people;
  people.reserve(facts.participants.size());
  for (const Participant& person : facts.participants) {
    PersonDecision decision{.address = person.address, .match_key = {}, .name = person.name};
    if (auto address = parse_address(person.address)) {
      decision.address = address->normalized;
      decision.match_key = address->match_key;
      decision.rule = decide_one(person, *address, facts, item_rule, kind, direction, owner, policy);
    } else {
      decision.rule = facts.is_card ? ContactRule::card : ContactRule::bad_address;
    }
    auto same = std::ranges::find_if(people, [&](const PersonDecision& other) {
      return !other.match_key.empty() && other.match_key == decision.match_key;
    });
    if (same == people.end()) {
      people.push_back(std::move(decision));
    } else if (decision.rule < same->rule) {
      same->rule = decision.rule;
      if (same->name.empty()) same->name = std::move(decision.name);
    }
  }
  // The user's own card has the user's other addresses on it too.
  const bool own_card = facts.is_card && std::ranges::any_of(people, [](const PersonDecision& person) {
                          return person.rule == ContactRule::own_address;
                        });
  for (PersonDecision& person : people) {
    if (own_card) person.rule = ContactRule::own_address;
  }
  return people;
}

}  // namespace omnicrm::sync
