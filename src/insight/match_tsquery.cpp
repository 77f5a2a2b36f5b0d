#include <limits>

#include "core/text.hpp"
#include "insight/text_match.hpp"
#include "repository/text_words.hpp"

namespace omnicrm::insight {
namespace {

/// A lexeme that no text has: words hold no spaces.
constexpr std::string_view nothing = "' '";

/// A phrase of words as the index has them: letters, digits and marks alone, so that nothing ends the quotes.
std::string phrase_of(const std::vector<std::string>& words, std::string_view weights, bool prefix) {
  std::vector<std::string> lexemes;
  for (const std::string& word : words) {
    repository::for_each_text_word(word, [&](std::string_view part) { lexemes.emplace_back(part); });
  }
  if (lexemes.empty()) return std::string(nothing);
  std::string phrase = "(";
  for (const std::string& lexeme : lexemes) {
    if (phrase.size() > 1) phrase += " <-> ";
    phrase += "'" + lexeme + "'";
    const bool is_prefix = prefix && &lexeme == &lexemes.back();
    if (is_prefix || !weights.empty()) phrase += ':';
    if (is_prefix) phrase += '*';
    phrase += weights;
  }
  return phrase + ")";
}

/// Where a term may stand: A subject, B people, C body, D files.
std::string_view weights_of(const SearchTerm& term, bool best) {
  if (term.subject_only) return "A";
  return best && !term.negative ? "AB" : "";
}

}  // namespace

std::string tsquery_expression(const ParsedQuery& query, bool best) {
  std::string all;
  const auto add = [&](const std::string& part) { all += (all.empty() ? "" : " & ") + part; };
  for (const SearchTerm& term : query.terms) {
    add((term.negative ? "!" : "") + phrase_of(term.words, weights_of(term, best), term.prefix));
  }
  for (const auto* people : {&query.from, &query.with}) {
    for (const std::string& person : *people) {
      if (const auto words = folded_words(person); !words.empty()) add(phrase_of(words, "B", false));
    }
  }
  return all;
}

TextMatch match_tsquery(const ParsedQuery& query, UserId user, TextTier tier, const TextRange& range) {
  std::string match = tsquery_expression(query, tier == TextTier::best);
  if (tier == TextTier::rest) match = "(" + match + ") & !(" + tsquery_expression(query, true) + ")";
  TextMatch part{.sql = {}, .place = "t.seq"};
  // Outer: a place whose interaction the filters leave out still says how far the search has come.
  part.sql
      .add(" FROM omnicrm_text_places(CAST(? AS tsquery), ?, ?, ?) AS t (seq)", match, range.below,
           range.from.value_or(std::numeric_limits<std::int64_t>::min()), range.at_once)
      .add(" LEFT JOIN interactions i ON i.user_id = ? AND i.seq = t.seq", user);
  return part;
}

}  // namespace omnicrm::insight
