#include "insight/text_match.hpp"
#include "repository/interaction_text.hpp"

namespace omnicrm::insight {
namespace {

/// Words only hold letters and digits, so that nothing in quotes can end them.
std::string quoted(const std::vector<std::string>& words) {
  std::string phrase = "\"";
  for (const std::string& word : words) {
    if (phrase.size() > 1) phrase += ' ';
    phrase += word;
  }
  return phrase + "\"";
}

std::string expression(const SearchTerm& term, bool best_columns) {
  std::string_view columns = "{subject people body files} : ";
  if (best_columns) columns = "{subject people} : ";
  if (term.subject_only) columns = "{subject} : ";
  return std::string(columns) + quoted(term.words) + (term.prefix ? "*" : "");
}

}  // namespace

std::string fts5_expression(const ParsedQuery& query, std::string_view user_token, bool best) {
  std::string wanted = "{u} : \"" + std::string(user_token) + "\"";
  std::string unwanted;
  for (const SearchTerm& term : query.terms) {
    if (term.negative) {
      unwanted += " NOT " + expression(term, false);
    } else {
      wanted += " AND " + expression(term, best);
    }
  }
  for (const auto* people : {&query.from, &query.with}) {
    for (const std::string& person : *people) {
      const auto words = folded_words(person);
      if (!words.empty()) wanted += " AND {people} : " + quoted(words);
    }
  }
  return unwanted.empty() ? wanted : "(" + wanted + ")" + unwanted;
}

TextMatch match_fts5(const ParsedQuery& query, UserId user, TextTier tier, const TextRange& range) {
  const std::string token = repository::user_token(user);
  std::string match = fts5_expression(query, token, tier == TextTier::best);
  if (tier == TextTier::rest) match = "(" + match + ") NOT (" + fts5_expression(query, token, true) + ")";
  TextMatch part{.sql = {}, .place = "t.rowid"};
  // A cross join keeps its order: from the index to the rows.
  part.sql.add(" FROM interaction_text t CROSS JOIN interactions i ON i.seq = t.rowid")
      .add(" WHERE interaction_text MATCH ?", match)
      .add(" AND t.rowid < ?", range.below);
  if (range.from) part.sql.add(" AND t.rowid >= ?", *range.from);
  part.sql.add(" AND i.user_id = ?", user);
  return part;
}

}  // namespace omnicrm::insight
