// Full-text search over the timeline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/interaction.hpp>

namespace omnicrm::insight {

/// @since 0.1
enum class SearchOrder {
  relevance,  ///< matches in the subject or the people first, then newest
  newest,
};

/// @since 0.1
struct SearchQuery {
  /// Words (all must occur), "phrases", prefix*, -without, and filters: `from:ada@example.org`, `with:ada`,
  /// `type:meeting`, `after:2002-08-01`, `before:2002-09-01`, `tag:customer`, `subject:word`.
  std::string text;
  SearchOrder order = SearchOrder::relevance;
};

/// @since 0.1
struct SearchHit {
  InteractionId id;
  InteractionKind kind = InteractionKind::email;
  Direction direction = Direction::none;
  std::string subject;
  /// Who it was with, for showing: the sender, or the recipients of one's own mail.
  std::string people;
  std::optional<ContactId> contact_id;
  Timestamp occurred_at{};
  /// Text around the first match, with matches between U+27E6 and U+27E7 (white square brackets).
  std::string snippet;
  /// Where it matched: "subject", "people", "body", "files"; empty when only filters were given.
  std::vector<std::string> matched;
};

/// Searches one user's timeline. Thread-safe. @since 0.1
class SearchService {
 public:
  virtual ~SearchService() = default;
  /// Blocks for a read. Errors: `invalid_argument` names what in the query is not understood.
  virtual Result<Page<SearchHit>> query(const SearchQuery& query, const PageRequest& page) = 0;
};

}  // namespace omnicrm::insight
