#include "repository/contact_join.hpp"

#include <algorithm>
#include <map>

#include "model/json.hpp"
#include "repository/contact_identities.hpp"
#include "repository/contact_organization.hpp"
#include "repository/contact_validation.hpp"

namespace omnicrm::repository {
namespace {

struct ContactList {
  std::string_view name;
  IdentityKind kind;
  std::vector<ContactPoint> Contact::*member;
};
constexpr ContactList contact_lists[] = {{"emails", IdentityKind::email, &Contact::emails},
                                         {"phones", IdentityKind::phone, &Contact::phones},
                                         {"handles", IdentityKind::handle, &Contact::handles}};

Timestamp start_of_month(Timestamp at) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
  return std::chrono::sys_days(day.year() / day.month() / 1);
}

using Members = std::map<std::string, Json>;

Members members_of_object(const Json& json) {
  Members members;
  if (json.text.size() <= 2) return members;
  if (auto fields = json_object_fields(json.text, "custom")) {
    for (auto& [name, value] : *fields) members.emplace(name, std::move(value));
  }
  return members;
}

std::string key_of(IdentityKind kind, const ContactPoint& point) {
  return identity_key(kind, point).value_or(point.value);
}

/// The stronger spelling of one identity: any rule will do that does not depend on the order.
void join_point(ContactPoint& mine, const ContactPoint& theirs) {
  const auto stronger = [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  };
  if (stronger(mine.value, theirs.value)) mine.value = theirs.value;
  if (stronger(mine.label, theirs.label)) mine.label = theirs.label;
}

struct KeyedPoint {
  std::string key;
  ContactPoint point;
};

std::vector<KeyedPoint> keyed(IdentityKind kind, const std::vector<ContactPoint>& points) {
  std::vector<KeyedPoint> list;
  list.reserve(points.size() + 1);
  for (const ContactPoint& point : points) list.push_back({key_of(kind, point), point});
  return list;
}

const KeyedPoint* primary_of(const std::vector<KeyedPoint>& list) {
  const auto found =
      std::find_if(list.begin(), list.end(), [](const KeyedPoint& each) { return each.point.is_primary; });
  return found != list.end() ? &*found : list.empty() ? nullptr : &list.front();
}

/// Nothing new: one entry that is there as it is, and a claim no stronger than the one held.
bool says_nothing_new(const ContactList& list, const std::vector<ContactPoint>& mine,
                      const std::vector<ContactPoint>& theirs, const Claim& claim, const Claim* held) {
  if (theirs.size() != 1 || mine.empty() || held == nullptr) return false;
  const auto found = std::find_if(mine.begin(), mine.end(), [&](const ContactPoint& each) {
    return each.value == theirs[0].value && (each.label == theirs[0].label || theirs[0].label.empty());
  });
  if (found == mine.end()) return false;
  return !is_stronger(claim, key_of(list.kind, theirs[0]), held, key_of(list.kind, mine.front()));
}

void join_list(const ContactList& list, Contact& into, Provenance& claims, const Contact& from,
               const Provenance& from_claims) {
  const std::vector<ContactPoint>& theirs_raw = from.*list.member;
  if (theirs_raw.empty()) return;
  const Claim* held = claims.find(list.name);
  const Claim* given = from_claims.find(list.name);
  const Claim claim = given != nullptr ? *given : Claim{};
  if (says_nothing_new(list, into.*list.member, theirs_raw, claim, held)) return;
  const bool edited = held != nullptr && is_edited(held->origin);

  std::vector<KeyedPoint> mine = keyed(list.kind, into.*list.member);
  const std::vector<KeyedPoint> theirs = keyed(list.kind, theirs_raw);
  const std::string their_primary = primary_of(theirs)->key;
  const KeyedPoint* my_primary = primary_of(mine);
  std::string primary = my_primary != nullptr ? my_primary->key : their_primary;
  if (my_primary == nullptr || is_stronger(claim, their_primary, held, primary)) {
    primary = their_primary;
    claims.set(list.name, claim);
  }
  for (const KeyedPoint& point : theirs) {
    const auto found =
        std::find_if(mine.begin(), mine.end(), [&](const auto& each) { return each.key == point.key; });
    if (found == mine.end()) {
      mine.push_back(point);
    } else if (!edited) {
      join_point(found->point, point.point);
    }
  }
  for (KeyedPoint& point : mine) point.point.is_primary = point.key == primary;
  std::sort(mine.begin(), mine.end(), [](const KeyedPoint& a, const KeyedPoint& b) {
    return std::pair(!a.point.is_primary, std::string_view(a.key)) <
           std::pair(!b.point.is_primary, std::string_view(b.key));
  });
  std::vector<ContactPoint>& points = into.*list.member;
  points.clear();
  for (KeyedPoint& point : mine) points.push_back(std::move(point.point));
  if (points.size() > most_points) points.resize(most_points);
}

void join_custom(Contact& into, Provenance& claims, const Contact& from, const Provenance& from_claims) {
  if (from.custom.text.size() <= 2) return;
  Members mine = members_of_object(into.custom);
  bool changed = false;
  for (const auto& [name, value] : members_of_object(from.custom)) {
    const std::string field = "custom." + name;
    const Claim* given = from_claims.find(field);
    const Claim claim = given != nullptr ? *given : Claim{};
    const auto held = mine.find(name);
    const Claim* held_claim = claims.find(field);
    // The whole object may have been edited at once.
    const Claim* edit = claims.find("custom");
    if (held_claim == nullptr && held != mine.end()) held_claim = edit;
    if (!is_stronger(claim, value.text, held_claim, held != mine.end() ? held->second.text : "")) continue;
    mine.insert_or_assign(name, value);
    claims.set(field, claim);
    changed = true;
  }
  if (!changed) return;
  std::string text = "{";
  for (const auto& [name, value] : mine)
    text += (text.size() > 1 ? "," : "") + json_text(name) + ':' + value.text;
  into.custom.text = text + '}';
}

}  // namespace

Provenance claims_of(const Contact& draft, const Claim& given) {
  Claim claim = given;
  if (claim.origin == Origin::email || claim.origin == Origin::calendar) claim.at = start_of_month(claim.at);
  Provenance claims;
  for (const ContactField& field : contact_text_fields()) {
    if (!(draft.*field.member).empty()) claims.set(field.name, claim);
  }
  for (const ContactList& list : contact_lists) {
    if (!(draft.*list.member).empty()) claims.set(list.name, claim);
  }
  for (const auto& [name, value] : members_of_object(draft.custom)) claims.set("custom." + name, claim);
  return claims;
}

void join_contact(Contact& into, const Contact& from, const Provenance& from_claims) {
  Provenance claims = Provenance::parse(into.provenance);
  for (const ContactField& field : contact_text_fields()) {
    const std::string& value = from.*field.member;
    const Claim* claim = from_claims.find(field.name);
    if (value.empty() || claim == nullptr) continue;  // unclaimed: derived
    if (!is_stronger(*claim, value, claims.find(field.name), into.*field.member)) continue;
    into.*field.member = value;
    claims.set(field.name, *claim);
  }
  for (const ContactList& list : contact_lists) join_list(list, into, claims, from, from_claims);
  join_custom(into, claims, from, from_claims);
  if (!is_edited(into.source)) into.source = std::max(into.source, from.source);
  if (claims.find("display_name") == nullptr) into.display_name = derived_display_name(into);
  into.provenance = claims.to_json();
}

}  // namespace omnicrm::repository
