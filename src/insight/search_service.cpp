#include "insight/search_service.hpp"

#include <algorithm>
#include <tuple>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "insight/search_query.hpp"
#include "insight/snippet.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "repository/bound_sql.hpp"
#include "repository/cursor.hpp"
#include "repository/interaction_rows.hpp"
#include "repository/interaction_text.hpp"

namespace omnicrm::insight {
namespace {

/// A page looks at so many matches at the most; when filters leave over fewer than the page's limit, the next
/// page goes on from there.
constexpr std::int64_t max_candidates = 5'000;
constexpr std::int64_t first_place = std::int64_t{1} << 62;

/// A candidate's row.
struct Candidate {
  std::int64_t seq = 0;
  SearchHit hit;
  std::string body, quoted, signature;
  std::vector<Participant> participants;
};

bool names(const Participant& person, const std::string& wanted) {
  return text::fold(person.name).find(wanted) != std::string::npos ||
         person.address.find(wanted) != std::string::npos;
}

bool is_author(const Participant& person) {
  return person.role == ParticipantRole::from || person.role == ParticipantRole::sender ||
         person.role == ParticipantRole::organizer;
}

/// The index knows that somebody of that name takes part; who wrote it, the participants know.
bool people_match(const ParsedQuery& query, const std::vector<Participant>& participants) {
  const auto somebody = [&](const std::string& wanted, bool author) {
    return std::ranges::any_of(participants, [&](const Participant& person) {
      return (!author || is_author(person)) && names(person, wanted);
    });
  };
  return std::ranges::all_of(query.from, [&](const auto& wanted) { return somebody(wanted, true); }) &&
         std::ranges::all_of(query.with, [&](const auto& wanted) { return somebody(wanted, false); });
}

std::string shown_people(const Candidate& candidate) {
  std::string shown;
  for (const Participant& person : candidate.participants) {
    const bool counterpart = candidate.hit.direction == Direction::outbound
                                 ? !person.is_self && !is_author(person)
                                 : is_author(person);
    if (!counterpart) continue;
    if (!shown.empty()) shown += ", ";
    shown += person.name.empty() ? person.address : person.name;
    if (shown.size() > 120) break;
  }
  return shown;
}

void explain(Candidate& candidate, const ParsedQuery& query) {
  SearchHit& hit = candidate.hit;
  hit.people = shown_people(candidate);
  if (query.terms.empty()) {
    hit.snippet = make_snippet(candidate.body, query.terms);
    return;
  }
  if (contains_term(hit.subject, query.terms)) hit.matched.emplace_back("subject");
  if (std::ranges::any_of(candidate.participants, [&](const Participant& person) {
        return contains_term(person.name, query.terms) || contains_term(person.address, query.terms);
      })) {
    hit.matched.emplace_back("people");
  }
  const std::string* shown = &candidate.body;
  bool in_body = false;
  for (const std::string* part : {&candidate.body, &candidate.quoted, &candidate.signature}) {
    if (!in_body && contains_term(*part, query.terms)) {
      in_body = true;
      shown = part;
    }
  }
  if (in_body) hit.matched.emplace_back("body");
  if (hit.matched.empty()) hit.matched.emplace_back("files");
  hit.snippet = make_snippet(*shown, query.terms);
}

/// The place of the first interaction of a moment in the full-text order (see
/// repository/interaction_rows.cpp).
std::int64_t place_of(Timestamp at) {
  return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count() << 10;
}

class Service final : public SearchService {
 public:
  explicit Service(repository::Unit unit) : unit_(std::move(unit)) {}

  Result<Page<SearchHit>> query(const SearchQuery& wanted, const PageRequest& page) override {
    OMNICRM_TRY(repository::check_page(page));
    OMNICRM_ASSIGN(const ParsedQuery parsed, parse_query(wanted.text));
    const std::string name = (wanted.order == SearchOrder::newest ? "newest|" : "relevance|") + wanted.text;
    const bool has_words = std::ranges::any_of(parsed.terms, [](const auto& term) { return !term.negative; });
    std::int64_t tier = wanted.order == SearchOrder::relevance && has_words ? 0 : 1;
    const bool ranked = tier == 0;
    std::int64_t below = first_place;
    if (!page.cursor.empty()) {
      OMNICRM_ASSIGN(const auto last,
                     (repository::read_cursor<std::int64_t, std::int64_t>(name, page.cursor)));
      std::tie(tier, below) = last;
    }
    return unit_.read([&](storage::Connection& connection) -> Result<Page<SearchHit>> {
      Page<SearchHit> answer;
      for (; tier <= 1; ++tier, below = first_place) {
        OMNICRM_ASSIGN(const bool ended,
                       search_tier(connection, parsed, ranked, tier, page.limit, below, answer));
        if (!ended) {
          answer.next = repository::make_cursor(name, tier, below);
          return answer;
        }
      }
      return answer;
    });
  }

 private:
  /// Tier 0: all words in the subject or the people; tier 1: the others. Unranked searches have tier 1 alone.
  repository::BoundSql tier_query(const ParsedQuery& parsed, bool ranked, std::int64_t tier,
                                  std::int64_t below) const {
    const std::string user = repository::user_token(unit_.user());
    std::string match = match_expression(parsed, user, tier == 0);
    if (ranked && tier == 1) match = "(" + match + ") NOT (" + match_expression(parsed, user, true) + ")";
    repository::BoundSql query;
    query.add(
        "SELECT i.seq, i.id, i.kind, i.direction, i.subject, i.contact_id, i.occurred_at, i.body, i.quoted, "
        "i.signature FROM interaction_text t CROSS JOIN interactions i ON i.seq = t.rowid");
    query.add(" WHERE interaction_text MATCH ?", match).add(" AND t.rowid < ?", below);
    if (parsed.after)
      query.add(" AND t.rowid >= ?", place_of(*parsed.after)).add(" AND i.occurred_at >= ?", *parsed.after);
    if (parsed.before) query.add(" AND i.occurred_at < ?", *parsed.before);
    query.add(" AND i.user_id = ?", unit_.user());
    if (!parsed.kinds.empty()) {
      std::vector<std::string_view> kinds;
      for (InteractionKind kind : parsed.kinds) kinds.push_back(enum_name(kind));
      query.add(" AND i.kind IN").add_list(kinds);
    }
    for (const std::string& tag : parsed.tags) {
      query.add(
          " AND EXISTS (SELECT 1 FROM interaction_participants p JOIN contact_tags ct ON ct.user_id = "
          "p.user_id AND "
          "ct.contact_id = p.contact_id JOIN tags g ON g.user_id = ct.user_id AND g.id = ct.tag_id "
          "WHERE p.user_id = i.user_id AND p.interaction_id = i.id AND g.sort_name = ?)",
          tag);
    }
    query.add(" ORDER BY t.rowid DESC LIMIT ?", max_candidates);
    return query;
  }

  /// Adds hits until the page is full; true when the tier is at its end. `below` is where to go on.
  Result<bool> search_tier(storage::Connection& connection, const ParsedQuery& parsed, bool ranked,
                           std::int64_t tier, std::int64_t limit, std::int64_t& below,
                           Page<SearchHit>& answer) const {
    const repository::BoundSql query = tier_query(parsed, ranked, tier, below);
    OMNICRM_ASSIGN(auto rows, query.run(connection));
    for (std::int64_t looked_at = 0;; ++looked_at) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return looked_at < max_candidates;
      if (std::ssize(answer.items) == limit) return false;
      OMNICRM_ASSIGN(Candidate candidate, read(connection, rows));
      below = candidate.seq;
      if (!people_match(parsed, candidate.participants)) continue;
      explain(candidate, parsed);
      answer.items.push_back(std::move(candidate.hit));
    }
  }

  Result<Candidate> read(storage::Connection& connection, const storage::Query& row) const {
    Candidate candidate;
    candidate.seq = row.get<std::int64_t>(0);
    SearchHit& hit = candidate.hit;
    hit.id = row.get<InteractionId>(1);
    hit.kind = enum_from_name<InteractionKind>(row.get<std::string>(2)).value_or(InteractionKind::note);
    hit.direction = enum_from_name<Direction>(row.get<std::string>(3)).value_or(Direction::none);
    hit.subject = row.get<std::string>(4);
    hit.contact_id = row.get<std::optional<ContactId>>(5);
    hit.occurred_at = row.get<Timestamp>(6);
    candidate.body = row.get<std::string>(7);
    candidate.quoted = row.get<std::string>(8);
    candidate.signature = row.get<std::string>(9);
    OMNICRM_ASSIGN(candidate.participants, repository::participants_of(connection, unit_.user(), hit.id));
    return candidate;
  }

  repository::Unit unit_;
};

}  // namespace

std::unique_ptr<SearchService> make_search_service(repository::Unit unit) {
  return std::make_unique<Service>(std::move(unit));
}

}  // namespace omnicrm::insight
