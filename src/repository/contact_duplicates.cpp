#include "repository/contact_duplicates.hpp"

#include <algorithm>
#include <set>

#include "core/address.hpp"
#include "model/json.hpp"
#include "repository/contact_rows.hpp"
#include "repository/cursor.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view query_name = "contacts.suggest_duplicates";

// Pass 0: names that more than one contact has, in the order of the index contacts_name.
constexpr std::string_view same_name_sql = R"sql(
  SELECT sort_name FROM contacts
  WHERE user_id = ? AND sort_name >= ? AND deleted_at IS NULL AND merged_into IS NULL
  GROUP BY sort_name HAVING COUNT(*) > 1 ORDER BY sort_name LIMIT ?)sql";

// Pass 1: "doe, john" for which there is a "john doe".
constexpr std::string_view turned_name_sql = R"sql(
  SELECT c.sort_name FROM contacts c
  WHERE c.user_id = ?1 AND c.sort_name >= ?2 AND instr(c.sort_name, ', ') > 1
    AND c.deleted_at IS NULL AND c.merged_into IS NULL
    AND EXISTS (SELECT 1 FROM contacts o WHERE o.user_id = ?1
      AND o.sort_name = substr(c.sort_name, instr(c.sort_name, ', ') + 2) || ' '
                        || substr(c.sort_name, 1, instr(c.sort_name, ', ') - 1)
      AND o.deleted_at IS NULL AND o.merged_into IS NULL)
  GROUP BY c.sort_name ORDER BY c.sort_name LIMIT ?3)sql";

// Pass 2: the same last nine digits. One walk over the user's numbers.
constexpr std::string_view same_digits_sql = R"sql(
  SELECT substr(match_key, length(match_key) - 8) AS digits FROM contact_identities
  WHERE user_id = ? AND kind = 'phone' AND length(match_key) >= 10
    AND substr(match_key, length(match_key) - 8) >= ?
  GROUP BY digits HAVING COUNT(DISTINCT contact_id) > 1 ORDER BY digits LIMIT ?)sql";

constexpr std::string_view named_sql = R"sql(
  SELECT id, display_name, organization_id, emails FROM contacts
  WHERE user_id = ? AND sort_name = ? AND deleted_at IS NULL AND merged_into IS NULL ORDER BY id LIMIT 1000)sql";

constexpr std::string_view numbered_sql = R"sql(
  SELECT DISTINCT c.id, c.display_name, c.organization_id, c.emails FROM contact_identities i
  JOIN contacts c ON c.user_id = i.user_id AND c.id = i.contact_id
  WHERE i.user_id = ? AND i.kind = 'phone' AND substr(i.match_key, length(i.match_key) - 8) = ?
  ORDER BY c.id LIMIT 1000)sql";

struct Person {
  ContactId id;
  std::string name;
  std::optional<OrganizationId> organization;
  std::set<std::string> domains;
  std::set<std::string> locals;
};

/// Where the next page goes on: after `second` in the group `key` of `pass`.
struct Position {
  std::int64_t pass = 0;
  std::string key;
  ContactId second;
};

Result<Person> read_person(const storage::Query& row) {
  Person person{
      row.get<ContactId>(0), row.get<std::string>(1), row.get<std::optional<OrganizationId>>(2), {}, {}};
  OMNICRM_ASSIGN(const auto fields,
                 json_object_fields("{\"emails\":" + row.get<std::string>(3) + '}', "emails"));
  // The stored list is ours: [{"value":"ada@example.org",...},...]
  const std::string& list = fields.front().second.text;
  constexpr std::string_view marker = "\"value\":\"";
  for (auto at = list.find(marker); at != std::string::npos; at = list.find(marker, at + 1)) {
    const auto start = at + marker.size();
    const auto address = parse_address(std::string_view(list).substr(start, list.find('"', start) - start));
    if (!address) continue;
    person.locals.insert(address->match_key.substr(0, address->match_key.rfind('@')));
    const auto domain = registrable_domain(address->domain);
    if (domain && !is_free_mail_domain(*domain)) person.domains.insert(*domain);
  }
  return person;
}

Result<std::vector<Person>> read_group(storage::Connection& connection, const Unit& unit,
                                       std::string_view sql, std::string_view key) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, unit.user(), key));
  std::vector<Person> group;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return group;
    OMNICRM_ASSIGN(Person person, read_person(rows));
    group.push_back(std::move(person));
  }
}

bool share(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& each) { return b.contains(each); });
}

DuplicateSuggestion suggestion(const Person& first, const Person& second, bool long_name) {
  DuplicateSuggestion result{first.id, second.id, first.name, second.name, "same_name", long_name ? 0.7 : 0};
  if (share(first.locals, second.locals)) result.score = 0.85;
  if (share(first.domains, second.domains) ||
      (first.organization && first.organization == second.organization)) {
    result.reason = "same_name_and_domain";
    result.score = 0.95;
  }
  return result;
}

/// The best of the pairs of `second` with those before it; a score of 0 is no suggestion.
DuplicateSuggestion best_pair(const std::vector<Person>& others, std::size_t count, const Person& second,
                              bool long_name) {
  DuplicateSuggestion best;
  for (std::size_t i = 0; i < count && best.score < 0.95; ++i) {
    DuplicateSuggestion next = suggestion(others[i], second, long_name);
    if (next.score > best.score) best = std::move(next);
  }
  return best;
}

std::string turned(std::string_view name) {
  const auto comma = name.find(", ");
  return std::string(name.substr(comma + 2)) + ' ' + std::string(name.substr(0, comma));
}

Result<std::vector<DuplicateSuggestion>> pairs_of(storage::Connection& connection, const Unit& unit,
                                                  const Position& at) {
  std::vector<DuplicateSuggestion> pairs;
  if (at.pass == 2) {
    OMNICRM_ASSIGN(const auto group, read_group(connection, unit, numbered_sql, at.key));
    for (std::size_t i = 1; i < group.size(); ++i) {
      pairs.push_back({group[0].id, group[i].id, group[0].name, group[i].name, "same_phone_digits", 0.6});
    }
    return pairs;
  }
  const bool long_name = at.key.find(' ') != std::string::npos;
  OMNICRM_ASSIGN(const auto group, read_group(connection, unit, named_sql, at.key));
  std::vector<Person> straight;
  if (at.pass == 1) {
    OMNICRM_ASSIGN(straight, read_group(connection, unit, named_sql, turned(at.key)));
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    DuplicateSuggestion best = at.pass == 1 ? best_pair(straight, straight.size(), group[i], true)
                                            : best_pair(group, i, group[i], long_name);
    if (best.score > 0) pairs.push_back(std::move(best));
  }
  return pairs;
}

Result<std::vector<std::string>> keys_from(storage::Connection& connection, const Unit& unit,
                                           const Position& at, std::int64_t limit) {
  constexpr std::string_view statements[] = {same_name_sql, turned_name_sql, same_digits_sql};
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, statements[at.pass], unit.user(), at.key, limit));
  std::vector<std::string> keys;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return keys;
    keys.push_back(rows.get<std::string>(0));
  }
}

/// Adds the pairs of one group; true when the page is full.
Result<bool> add_group(storage::Connection& connection, const Unit& unit, const Position& at,
                       std::int64_t limit, Page<DuplicateSuggestion>& answer, Position& last) {
  OMNICRM_ASSIGN(const auto pairs, pairs_of(connection, unit, at));
  for (const DuplicateSuggestion& pair : pairs) {
    if (pair.second <= at.second) continue;
    if (std::ssize(answer.items) == limit) {
      answer.next = make_cursor(query_name, last.pass, last.key, last.second);
      return true;
    }
    answer.items.push_back(pair);
    last = {at.pass, at.key, pair.second};
  }
  return false;
}

}  // namespace

Result<Page<DuplicateSuggestion>> suggest_duplicates(storage::Connection& connection, const Unit& unit,
                                                     const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  Position start;
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(auto keys, read_cursor<std::int64_t, std::string, ContactId>(query_name, page.cursor));
    start = {std::get<0>(keys), std::get<1>(keys), std::get<2>(keys)};
  }
  Page<DuplicateSuggestion> answer;
  Position last;
  while (start.pass < 3) {
    const std::int64_t wanted = page.limit + 2;
    OMNICRM_ASSIGN(const auto keys, keys_from(connection, unit, start, wanted));
    for (const std::string& key : keys) {
      const Position at{start.pass, key, key == start.key ? start.second : ContactId{}};
      OMNICRM_ASSIGN(const bool full, add_group(connection, unit, at, page.limit, answer, last));
      if (full) return answer;
    }
    const bool exhausted = std::ssize(keys) < wanted;
    // A group that is the last of its walk is asked for again, past all its pairs.
    start = exhausted ? Position{start.pass + 1, {}, {}}
                      : Position{start.pass, keys.back(),
                                 ContactId{Uuid{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}}};
  }
  return answer;
}

}  // namespace omnicrm::repository
