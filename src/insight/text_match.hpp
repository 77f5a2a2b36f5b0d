// A query as the full-text index of each storage understands it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/storage/storage.hpp>

#include "insight/search_query.hpp"
#include "repository/bound_sql.hpp"

namespace omnicrm::insight {

/// Which matches: all words in the subject or the people, anywhere, or anywhere but not all of them there.
enum class TextTier { best, any, rest };

/// Which part of the index, which is walked from its end: places in [from, below), at the most `at_once`.
struct TextRange {
  std::int64_t below = 0;
  std::optional<std::int64_t> from;
  std::int64_t at_once = 0;
};

/// The middle of a statement, from " FROM" up to a condition that " AND ..." can follow. `i` is the
/// interaction at a place, null where the conditions that follow leave it out.
struct TextMatch {
  repository::BoundSql sql;
  std::string_view place;  ///< its column, to select and to order by
};

/// https://www.sqlite.org/fts5.html#full_text_query_syntax
[[nodiscard]] TextMatch match_fts5(const ParsedQuery& query, UserId user, TextTier tier,
                                   const TextRange& range);
/// https://www.postgresql.org/docs/15/datatype-textsearch.html#DATATYPE-TSQUERY
[[nodiscard]] TextMatch match_tsquery(const ParsedQuery& query, UserId user, TextTier tier,
                                      const TextRange& range);

/// How the index of a storage is asked.
struct TextIndex {
  TextMatch (*match)(const ParsedQuery&, UserId, TextTier, const TextRange&);
  /// Whether rows come while they are read: then it is asked once; else for few places first, then for more.
  bool is_lazy;
};
[[nodiscard]] inline TextIndex text_index(storage::Dialect dialect) {
  return dialect == storage::Dialect::sqlite ? TextIndex{match_fts5, true} : TextIndex{match_tsquery, false};
}

/// The expressions alone. `best`: every word in the subject or the people. The user's scope is inside FTS5's;
/// PostgreSQL's search function adds it.
[[nodiscard]] std::string fts5_expression(const ParsedQuery& query, std::string_view user_token, bool best);
[[nodiscard]] std::string tsquery_expression(const ParsedQuery& query, bool best);

}  // namespace omnicrm::insight
