#include "insight/search_query.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm::insight {
namespace {

constexpr std::size_t max_query_bytes = 4'096;
constexpr std::size_t max_terms = 64;
constexpr std::size_t min_prefix = 3;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/// One piece of the query as typed.
struct Token {
  std::string key;  ///< before the colon, lower case; empty for a word
  std::string text;
  bool quoted = false;
  bool negative = false;
  bool prefix = false;
};

constexpr std::array<std::string_view, 7> filter_keys = {"from",   "with", "type",   "after",
                                                         "before", "tag",  "subject"};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::optional<Token> next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ >= text_.size()) return std::nullopt;
    Token token;
    if (text_[at_] == '-' && at_ + 1 < text_.size() && !is_space(text_[at_ + 1])) {
      token.negative = true;
      ++at_;
    }
    read_key(token);
    if (at_ < text_.size() && text_[at_] == '"') {
      read_quoted(token);
    } else {
      read_plain(token);
    }
    return token;
  }

 private:
  void read_key(Token& token) {
    const std::size_t colon = text_.find_first_of(": \t\"", at_);
    if (colon == std::string_view::npos || text_[colon] != ':') return;
    std::string key = text::lower_ascii(text_.substr(at_, colon - at_));
    if (std::ranges::find(filter_keys, key) == filter_keys.end()) return;
    token.key = std::move(key);
    at_ = colon + 1;
  }

  void read_quoted(Token& token) {
    token.quoted = true;
    const std::size_t end = std::min(text_.find('"', at_ + 1), text_.size());
    token.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = std::min(end + 1, text_.size());
  }

  void read_plain(Token& token) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_])) ++at_;
    token.text = text_.substr(begin, at_ - begin);
    if (token.text.ends_with('*')) {
      token.prefix = true;
      token.text.pop_back();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Timestamp> day(const Token& token) {
  auto at = parse_timestamp(token.text);
  if (!at) return invalid("text", token.key + ": takes a day such as 2002-08-22, not '" + token.text + "'");
  return *at;
}

Result<void> add_term(ParsedQuery& query, const Token& token) {
  SearchTerm term{.words = folded_words(token.text),
                  .prefix = token.prefix,
                  .negative = token.negative,
                  .subject_only = token.key == "subject"};
  if (term.words.empty()) return {};  // punctuation alone
  if (term.prefix && term.words.back().size() < min_prefix) {
    return invalid("text", "'" + token.text + "*': a prefix needs at least three letters");
  }
  if (query.terms.size() == max_terms) return invalid("text", "has over 64 words");
  query.terms.push_back(std::move(term));
  return {};
}

Result<void> add_filter(ParsedQuery& query, const Token& token) {
  if (token.negative)
    return invalid("text", "'-" + token.key + ":' is not understood; only words can be left out");
  if (token.text.empty()) return invalid("text", token.key + ": needs a value, as in " + token.key + ":ada");
  if (token.key == "from") query.from.push_back(text::fold(token.text));
  if (token.key == "with") query.with.push_back(text::fold(token.text));
  if (token.key == "tag") query.tags.push_back(text::fold(token.text));
  if (token.key == "type") {
    const auto kind = enum_from_name<InteractionKind>(text::lower_ascii(token.text));
    if (!kind)
      return invalid("text",
                     "type: is one of " + enum_list<InteractionKind>() + ", not '" + token.text + "'");
    query.kinds.push_back(*kind);
  }
  if (token.key == "after") {
    OMNICRM_ASSIGN(query.after, day(token));
  }
  if (token.key == "before") {
    OMNICRM_ASSIGN(query.before, day(token));
  }
  return {};
}

}  // namespace

bool ParsedQuery::is_empty() const noexcept {
  return terms.empty() && from.empty() && with.empty() && kinds.empty() && tags.empty() && !after && !before;
}

std::vector<std::string> folded_words(std::string_view text) {
  const std::string folded = text::fold(text);
  std::vector<std::string> words;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= folded.size(); ++at) {
    if (at < folded.size() && is_word_byte(folded[at])) continue;
    if (at > begin) words.push_back(folded.substr(begin, at - begin));
    begin = at + 1;
  }
  return words;
}

Result<ParsedQuery> parse_query(std::string_view text) {
  if (!text::is_utf8(text)) return invalid("text", "is not UTF-8");
  if (text.size() > max_query_bytes) return invalid("text", "is over 4,096 bytes");
  ParsedQuery query;
  Lexer lexer(text);
  while (auto token = lexer.next()) {
    if (token->key.empty() || token->key == "subject") {
      OMNICRM_TRY(add_term(query, *token));
    } else {
      OMNICRM_TRY(add_filter(query, *token));
    }
  }
  if (query.is_empty()) return invalid("text", "needs a word or a filter such as from:ada");
  const bool only_negative = !query.terms.empty() &&
                             std::ranges::all_of(query.terms, &SearchTerm::negative) && query.from.empty() &&
                             query.with.empty();
  if (only_negative) return invalid("text", "needs a word that must occur beside those that must not");
  return query;
}

}  // namespace omnicrm::insight
