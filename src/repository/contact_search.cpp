#include "repository/contact_search.hpp"

#include <algorithm>
#include <tuple>

#include "core/text.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_text.hpp"
#include "repository/cursor.hpp"
#include "repository/dialect.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

// Names that begin with the text: the best matches are there however many others there are.
constexpr std::string_view prefix_sql = R"sql(
  SELECT c.id, c.sort_name, c.emails FROM contacts c
  WHERE c.user_id = ? AND c.sort_name >= ? AND c.sort_name < ? AND c.deleted_at IS NULL AND c.merged_into IS NULL
  ORDER BY c.sort_name, c.id LIMIT 500)sql";

enum Rank : std::int64_t { whole_name, name_prefix, word_prefix, address_prefix, part };

struct Candidate {
  std::int64_t rank = part;
  std::string name;
  ContactId id;

  friend auto operator<=>(const Candidate&, const Candidate&) = default;
};

/// Whether a word of `name` begins with `word`.
bool begins_word(std::string_view name, std::string_view word) {
  for (std::size_t at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    if (at == 0 || name[at - 1] == ' ' || name[at - 1] == '-' || name[at - 1] == '(' || name[at - 1] == '"') {
      return true;
    }
  }
  return false;
}

/// `emails` is the stored list: addresses are folded already, so its JSON can be looked through as it is.
std::int64_t rank_of(std::string_view name, std::string_view emails, std::string_view whole,
                     const std::vector<std::string>& words) {
  if (name == whole) return whole_name;
  if (name.starts_with(whole)) return name_prefix;
  std::int64_t rank = word_prefix;
  for (const std::string& word : words) {
    if (begins_word(name, word)) continue;
    const bool in_address = emails.find("\"value\":\"" + word) != std::string_view::npos;
    rank = std::max<std::int64_t>(rank, in_address ? address_prefix : part);
  }
  return rank;
}

Result<void> collect(storage::Query& rows, std::string_view whole, const std::vector<std::string>& words,
                     std::vector<Candidate>& candidates) {
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return {};
    const std::string_view name = rows.statement().get_text(1);
    const std::string_view emails = rows.statement().get_text(2);
    candidates.push_back({rank_of(name, emails, whole, words), std::string(name), rows.get<ContactId>(0)});
  }
}

Result<std::vector<Candidate>> find_candidates(storage::Connection& connection, const Unit& unit,
                                               const std::vector<std::string>& words) {
  std::string whole;
  for (const std::string& word : words) whole += (whole.empty() ? "" : " ") + word;
  const RepositoryDialect& dialect = dialect_of(connection);
  const std::string match = dialect.contact_pattern(unit.user(), words);
  const std::string end = whole + "\xF4\x8F\xBF\xBF";  // U+10FFFF: after every name that begins so
  std::vector<Candidate> candidates;
  OMNICRM_ASSIGN(storage::Query matches,
                 storage::Query::run(connection, dialect.contact_match, match, unit.user()));
  OMNICRM_TRY(collect(matches, whole, words, candidates));
  if (candidates.size() < 2000) return candidates;
  OMNICRM_ASSIGN(storage::Query prefixes,
                 storage::Query::run(connection, prefix_sql, unit.user(), whole, end));
  OMNICRM_TRY(collect(prefixes, whole, words, candidates));
  return candidates;
}

bool any_holds(const std::vector<ContactPoint>& points, std::string_view word) {
  return std::any_of(points.begin(), points.end(), [&](const ContactPoint& point) {
    return text::fold(point.value).find(word) != std::string::npos;
  });
}

/// The first field, in order of weight, that holds the most words.
std::string matched_field(const Contact& contact, const std::vector<std::string>& words) {
  std::string best = "phones";  // found by its digits alone when no field holds the text as it stands
  std::size_t most = 0;
  const auto consider = [&](std::string_view field, auto&& holds) {
    const auto count = static_cast<std::size_t>(std::count_if(words.begin(), words.end(), holds));
    if (count <= most) return;
    most = count;
    best = field;
  };
  const auto text_field = [&](std::string_view field, const std::string& value) {
    const std::string folded = text::fold(value);
    consider(field, [&](const std::string& word) { return folded.find(word) != std::string::npos; });
  };
  const auto list_field = [&](std::string_view field, const std::vector<ContactPoint>& points) {
    consider(field, [&](const std::string& word) { return any_holds(points, word); });
  };
  text_field("display_name", contact.display_name);
  text_field("given_name", contact.given_name);
  text_field("middle_name", contact.middle_name);
  text_field("family_name", contact.family_name);
  text_field("nickname", contact.nickname);
  list_field("emails", contact.emails);
  list_field("phones", contact.phones);
  list_field("handles", contact.handles);
  text_field("organization", contact.organization);
  text_field("job_title", contact.job_title);
  return best;
}

}  // namespace

Result<Page<ContactHit>> search_contacts(storage::Connection& connection, const Unit& unit,
                                         std::string_view text, const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  const std::vector<std::string> words = search_words(text);
  if (words.empty()) return invalid("text", "give at least one letter or digit to search for");
  std::string query = "contacts.search";
  for (const std::string& word : words) query += '\n' + word;

  OMNICRM_ASSIGN(std::vector<Candidate> candidates, find_candidates(connection, unit, words));
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(auto keys, read_cursor<std::int64_t, std::string, ContactId>(query, page.cursor));
    const Candidate last{std::get<0>(keys), std::get<1>(keys), std::get<2>(keys)};
    std::erase_if(candidates, [&](const Candidate& candidate) { return candidate <= last; });
  }
  // Some stand twice: by the index and by the name.
  const auto wanted = static_cast<std::size_t>(page.limit) * 2 + 2;
  std::partial_sort(candidates.begin(),
                    candidates.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, candidates.size())),
                    candidates.end());
  candidates.resize(std::min(wanted, candidates.size()));
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());

  Page<ContactHit> answer;
  for (const Candidate& candidate : candidates) {
    if (std::ssize(answer.items) == page.limit) {
      const Candidate& last = candidates[static_cast<std::size_t>(page.limit) - 1];
      answer.next = make_cursor(query, last.rank, last.name, last.id);
      break;
    }
    OMNICRM_ASSIGN(Contact contact, live_contact(connection, unit, candidate.id));
    std::string matched = matched_field(contact, words);
    answer.items.push_back({std::move(contact), std::move(matched)});
  }
  return answer;
}

}  // namespace omnicrm::repository
