#include "sync/people_tally.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "repository/contact_lookups.hpp"
#include "storage/query.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::int64_t listed_people = 100;
constexpr std::int64_t looked_up_together = 500;
/// How many counts are kept in memory, and how many bytes of their texts.
constexpr std::size_t most_recent = 4'096;
constexpr std::size_t most_recent_bytes = std::size_t{1} << 20;

enum class Fate : std::int64_t { create, match, skip };  // skip (2) until something else is found

/// Somebody who is a contact already stays one; a suppressed address is left out whatever the rule.
Fate fate_of(const repository::KnownEmails& known, const std::string& match_key, ContactRule& rule) {
  if (known.owned.contains(match_key)) return Fate::match;
  if (!makes_contact(rule)) return Fate::skip;
  if (rule == ContactRule::card && match_key.find('@') == std::string::npos) return Fate::create;
  if (!known.suppressed.contains(match_key)) return Fate::create;
  rule = ContactRule::suppressed;
  return Fate::skip;
}

/// Somebody without an address (a card with a phone number alone) is known by the name.
const std::string& key_of(const PersonDecision& person) {
  return person.match_key.empty() ? person.name : person.match_key;
}

std::string_view to_string(Fate fate) {
  return fate == Fate::create ? "create" : fate == Fate::match ? "match" : "skip";
}

/// The people with most messages, contacts first.
Result<void> list_people(storage::Connection& scratch, PlanSummary& summary) {
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(scratch,
                                     "SELECT p.address, p.name, g.fate, g.rule, g.messages FROM persons g "
                                     "JOIN people p ON p.match_key = g.root "
                                     "ORDER BY g.fate = 2, g.messages DESC, g.root LIMIT ?",
                                     listed_people));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return {};
    summary.contacts.push_back(
        {.address = rows.get<std::string>(0),
         .name = rows.get<std::string>(1),
         .decision = std::string(to_string(static_cast<Fate>(rows.get<std::int64_t>(2)))),
         .rule = std::string(to_string(static_cast<ContactRule>(rows.get<std::int64_t>(3)))),
         .messages = rows.get<std::int64_t>(4)});
  }
}

}  // namespace

// Addresses of one person have the same `root`: the key of one of them.
Result<PeopleTally> PeopleTally::open(storage::Connection& scratch) {
  OMNICRM_TRY(scratch.execute(
      "CREATE TABLE people (match_key TEXT NOT NULL PRIMARY KEY, root TEXT NOT NULL, address TEXT NOT NULL, "
      "name TEXT NOT NULL, rule INTEGER NOT NULL, messages INTEGER NOT NULL, fate INTEGER NOT NULL DEFAULT "
      "2) "
      "WITHOUT ROWID; "
      "CREATE INDEX people_root ON people (root)"));
  return PeopleTally(scratch);
}

Result<void> PeopleTally::add(const PersonDecision& person) {
  const std::string& key = key_of(person);
  if (key.empty()) return {};
  const auto [at, is_new] = recent_.try_emplace(key);
  Count& count = at->second;
  if (is_new) {
    count = {.address = person.address, .name = person.name, .rule = person.rule, .messages = 1};
    recent_bytes_ += key.size() + count.address.size() + count.name.size();
    return recent_.size() < most_recent && recent_bytes_ < most_recent_bytes ? Result<void>() : flush();
  }
  ++count.messages;
  count.rule = std::min(count.rule, person.rule);
  if (count.name.empty()) {
    count.name = person.name;
    recent_bytes_ += count.name.size();
  }
  return {};
}

Result<void> PeopleTally::flush() {
  for (const auto& [key, count] : recent_) {
    OMNICRM_TRY(storage::run(*scratch_,
                             "INSERT INTO people (match_key, root, address, name, rule, messages) "
                             "VALUES (?1, ?1, ?2, ?3, ?4, ?5) "
                             "ON CONFLICT (match_key) DO UPDATE SET messages = messages + excluded.messages, "
                             "rule = MIN(rule, excluded.rule), "
                             "name = CASE WHEN name = '' THEN excluded.name ELSE name END",
                             key, count.address, count.name, static_cast<std::int64_t>(count.rule),
                             count.messages));
  }
  recent_.clear();
  recent_bytes_ = 0;
  return {};
}

Result<std::string> PeopleTally::root_of(const std::string& key) {
  OMNICRM_ASSIGN(auto root, storage::query_one<std::string>(
                                *scratch_, "SELECT root FROM people WHERE match_key = ?", key));
  return root.value_or(key);
}

Result<void> PeopleTally::add_card(const std::vector<PersonDecision>& addresses) {
  for (const PersonDecision& address : addresses) OMNICRM_TRY(add(address));
  if (addresses.size() < 2) return {};
  OMNICRM_TRY(flush());
  std::string root;
  for (const PersonDecision& address : addresses) {
    if (!makes_contact(address.rule) || key_of(address).empty()) continue;
    OMNICRM_ASSIGN(const std::string other, root_of(key_of(address)));
    if (root.empty()) root = other;
    if (other != root) {
      OMNICRM_TRY(storage::run(*scratch_, "UPDATE people SET root = ? WHERE root = ?", root, other));
    }
  }
  return {};
}

Result<std::vector<PeopleTally::Person>> PeopleTally::people_after(const std::string& key) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(*scratch_,
                                                "SELECT match_key, rule FROM people WHERE match_key > ? "
                                                "ORDER BY match_key LIMIT ?",
                                                key, looked_up_together));
  std::vector<Person> people;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return people;
    people.push_back({rows.get<std::string>(0), static_cast<ContactRule>(rows.get<std::int64_t>(1))});
  }
}

Result<void> PeopleTally::match(const repository::Unit& unit) {
  OMNICRM_TRY(flush());
  std::string last;
  while (true) {
    OMNICRM_ASSIGN(const auto people, people_after(last));
    if (people.empty()) return {};
    std::set<std::string> keys;
    for (const Person& person : people) keys.insert(person.key);
    OMNICRM_ASSIGN(const auto known, unit.read([&](storage::Connection& connection) {
      return repository::known_emails(connection, unit, keys);
    }));
    for (const Person& person : people) {
      ContactRule rule = person.rule;
      const Fate fate = fate_of(known, person.key, rule);
      if (fate == Fate::skip && rule == person.rule) continue;
      OMNICRM_TRY(storage::run(*scratch_, "UPDATE people SET fate = ?, rule = ? WHERE match_key = ?",
                               static_cast<std::int64_t>(fate), static_cast<std::int64_t>(rule), person.key));
    }
    last = people.back().key;
  }
}

Result<void> PeopleTally::summarize(PlanSummary& summary) {
  // A person is a contact already if any of the addresses is; else becomes one if any makes one.
  OMNICRM_TRY(
      scratch_->execute("CREATE TEMP TABLE persons AS SELECT root, "
                        "CASE WHEN SUM(fate = 1) > 0 THEN 1 WHEN SUM(fate = 0) > 0 THEN 0 ELSE 2 END AS "
                        "fate, MIN(rule) AS rule, "
                        "SUM(messages) AS messages FROM people GROUP BY root"));
  OMNICRM_ASSIGN(auto totals, storage::Query::run(
                                  *scratch_, "SELECT fate, rule, COUNT(*) FROM persons GROUP BY fate, rule"));
  std::map<std::string, std::int64_t> skipped;
  while (true) {
    OMNICRM_ASSIGN(const bool more, totals.next());
    if (!more) break;
    const auto fate = static_cast<Fate>(totals.get<std::int64_t>(0));
    const auto rule = static_cast<ContactRule>(totals.get<std::int64_t>(1));
    const auto people = totals.get<std::int64_t>(2);
    if (fate == Fate::create) summary.contacts_to_create += people;
    if (fate == Fate::match) summary.contacts_to_match += people;
    if (fate != Fate::skip) continue;
    summary.contacts_to_skip += people;
    skipped[std::string(to_string(rule))] += people;
  }
  for (const auto& [rule, people] : skipped) summary.skipped_people.push_back({rule, people});
  return list_people(*scratch_, summary);
}

}  // namespace omnicrm::sync
