#include "insight/search_service.hpp"

#include <algorithm>
#include <tuple>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "insight/search_query.hpp"
#include "insight/snippet.hpp"
#include "insight/text_match.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "repository/bound_sql.hpp"
#include "repository/cursor.hpp"
#include "repository/interaction_rows.hpp"

namespace omnicrm::insight {
namespace {

/// A page looks at so many matches at the most; when filters leave over fewer than the page's limit, the next
/// page goes on from there.
constexpr std::int64_t max_candidates = 5'000;
constexpr std::int64_t first_place = std::int64_t{1} << 62;

/// A candidate's row.
struct Candidate {
  std::int64_t seq = 0;
  bool is_left_out = false;  ///< by a filter
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
    std::int64_t first_tier = wanted.order == SearchOrder::relevance && has_words ? 0 : 1;
    const bool ranked = first_tier == 0;
    std::int64_t begin = first_place;
    if (!page.cursor.empty()) {
      OMNICRM_ASSIGN(const auto last,
                     (repository::read_cursor<std::int64_t, std::int64_t>(name, page.cursor)));
      std::tie(first_tier, begin) = last;
    }
    return unit_.read([&](storage::Connection& connection) -> Result<Page<SearchHit>> {
      Page<SearchHit> answer;
      std::int64_t below = begin;
      for (std::int64_t tier = first_tier; tier <= 1; ++tier, below = first_place) {
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
  repository::BoundSql tier_query(const TextIndex& index, const ParsedQuery& parsed, bool ranked,
                                  std::int64_t tier, TextRange range) const {
    const TextTier kind = !ranked ? TextTier::any : tier == 0 ? TextTier::best : TextTier::rest;
    if (parsed.after) range.from = place_of(*parsed.after);
    const TextMatch match = index.match(parsed, unit_.user(), kind, range);
    repository::BoundSql query;
    query.add("SELECT ").add(match.place);
    query.add(
        ", i.id, i.kind, i.direction, i.subject, i.contact_id, i.occurred_at, i.body, i.quoted, "
        "i.signature");
    query.add(match.sql);
    if (parsed.after) query.add(" AND i.occurred_at >= ?", *parsed.after);
    if (parsed.before) query.add(" AND i.occurred_at < ?", *parsed.before);
    if (!parsed.kinds.empty()) {
      std::vector<std::string_view> kinds;
      for (InteractionKind wanted : parsed.kinds) kinds.push_back(enum_name(wanted));
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
    query.add(" ORDER BY ").add(match.place).add(" DESC LIMIT ?", range.at_once);
    return query;
  }

  /// Adds hits until the page is full; true when the tier is at its end. `below` is where to go on.
  Result<bool> search_tier(storage::Connection& connection, const ParsedQuery& parsed, bool ranked,
                           std::int64_t tier, std::int64_t limit, std::int64_t& below,
                           Page<SearchHit>& answer) const {
    const TextIndex index = text_index(connection.dialect());
    std::int64_t left = max_candidates;
    std::int64_t at_once = index.is_lazy ? max_candidates : std::min(limit + 1, max_candidates);
    while (left > 0) {
      const TextRange range{.below = below, .from = {}, .at_once = std::min(at_once, left)};
      const repository::BoundSql query = tier_query(index, parsed, ranked, tier, range);
      OMNICRM_ASSIGN(auto rows, query.run(connection));
      std::int64_t seen = 0;
      for (bool more = true; more;) {
        std::vector<Candidate> some;
        OMNICRM_ASSIGN(more, read_some(connection, rows, limit, seen, some));
        for (Candidate& candidate : some) {
          if (std::ssize(answer.items) == limit) return false;
          below = candidate.seq;
          if (candidate.is_left_out || !people_match(parsed, candidate.participants)) continue;
          explain(candidate, parsed);
          answer.items.push_back(std::move(candidate.hit));
        }
      }
      if (seen < range.at_once) return true;
      left -= seen;
      at_once *= 4;
    }
    return false;
  }

  /// A page's worth of candidates with their participants; false when these are the last.
  Result<bool> read_some(storage::Connection& connection, storage::Query& rows, std::int64_t limit,
                         std::int64_t& seen, std::vector<Candidate>& some) const {
    std::vector<InteractionId> ids;
    bool more = true;
    while (more && std::ssize(some) <= limit) {
      OMNICRM_ASSIGN(more, rows.next());
      if (!more) break;
      ++seen;
      some.push_back(read(rows));
      if (!some.back().is_left_out) ids.push_back(some.back().hit.id);
    }
    OMNICRM_ASSIGN(auto participants, repository::participants_of(connection, unit_.user(), ids));
    auto next = participants.begin();
    for (Candidate& candidate : some) {
      if (!candidate.is_left_out) candidate.participants = std::move(*next++);
    }
    return more;
  }

  static Candidate read(const storage::Query& row) {
    Candidate candidate;
    candidate.seq = row.get<std::int64_t>(0);
    candidate.is_left_out = row.is_null(1);
    if (candidate.is_left_out) return candidate;
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
    return candidate;
  }

  repository::Unit unit_;
};

}  // namespace

std::unique_ptr<SearchService> make_search_service(repository::Unit unit) {
  return std::make_unique<Service>(std::move(unit));
}

}  // namespace omnicrm::insight
