#include "insight/snippet.hpp"

#include <algorithm>
#include <cstddef>

#include "core/text.hpp"

namespace omnicrm::insight {
namespace {

constexpr std::size_t before_bytes = 60;
constexpr std::size_t snippet_bytes = 200;
/// A match further down is not looked for: the beginning is shown.
constexpr std::size_t scan_bytes = std::size_t{256} << 10;
constexpr std::string_view open_mark = "\u27E6";
constexpr std::string_view close_mark = "\u27E7";
constexpr std::string_view ellipsis = "\u2026";

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/// A word of a text: where it stands.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool next_word(std::string_view text, std::size_t from, Word& word) {
  while (from < text.size() && !is_word_byte(text[from])) ++from;
  if (from >= text.size()) return false;
  word.begin = from;
  while (from < text.size() && is_word_byte(text[from])) ++from;
  word.end = from;
  return true;
}

bool same_word(std::string_view word, const std::string& wanted, bool prefix) {
  const auto ascii_equal = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  };
  if (std::ranges::none_of(word, [](char c) { return (c & 0x80) != 0; })) {
    if (prefix ? word.size() < wanted.size() : word.size() != wanted.size()) return false;
    return std::equal(wanted.begin(), wanted.end(), word.begin(),
                      [&](char b, char a) { return ascii_equal(a, b); });
  }
  const std::string folded = text::fold(word);
  return prefix ? folded.starts_with(wanted) : folded == wanted;
}

/// The end of the match of `term` that begins at `word`; 0 when there is none.
std::size_t match_end(std::string_view text, Word word, const SearchTerm& term) {
  for (std::size_t index = 0; index < term.words.size(); ++index) {
    const bool last = index + 1 == term.words.size();
    if (!same_word(text.substr(word.begin, word.end - word.begin), term.words[index], last && term.prefix))
      return 0;
    if (last) return word.end;
    if (!next_word(text, word.end, word)) return 0;
  }
  return 0;
}

std::size_t any_match_end(std::string_view text, Word word, const std::vector<SearchTerm>& terms) {
  for (const SearchTerm& term : terms) {
    if (term.negative) continue;
    if (const std::size_t end = match_end(text, word, term); end != 0) return end;
  }
  return 0;
}

/// Where the first match begins; npos when there is none.
std::size_t first_match(std::string_view text, const std::vector<SearchTerm>& terms) {
  text = text.substr(0, scan_bytes);
  Word word;
  for (std::size_t at = 0; next_word(text, at, word); at = word.end) {
    if (any_match_end(text, word, terms) != 0) return word.begin;
  }
  return std::string_view::npos;
}

std::size_t window_begin(std::string_view text, std::size_t match) {
  if (match == std::string_view::npos || match <= before_bytes) return 0;
  std::size_t begin = match - before_bytes;
  while (begin < match && text[begin] != ' ' && text[begin] != '\n') ++begin;
  if (begin == match) {
    begin = match - before_bytes;
    while (begin < match && (text[begin] & 0xC0) == 0x80) ++begin;
  }
  return begin;
}

std::string marked(std::string_view text, const std::vector<SearchTerm>& terms) {
  std::string out;
  std::size_t copied = 0;
  Word word;
  for (std::size_t at = 0; next_word(text, at, word);) {
    const std::size_t end = any_match_end(text, word, terms);
    at = word.end;
    if (end == 0) continue;
    out += text.substr(copied, word.begin - copied);
    out += open_mark;
    out += text.substr(word.begin, end - word.begin);
    out += close_mark;
    copied = at = end;
  }
  return out += text.substr(copied);
}

}  // namespace

bool contains_term(std::string_view text, const std::vector<SearchTerm>& terms) {
  return first_match(text, terms) != std::string_view::npos;
}

std::string make_snippet(std::string_view text, const std::vector<SearchTerm>& terms) {
  const std::size_t begin = window_begin(text, first_match(text, terms));
  const std::string_view window = text::cut(text.substr(begin), snippet_bytes);
  std::string snippet = text::squeeze(window);
  snippet = marked(snippet, terms);
  if (begin > 0) snippet.insert(0, ellipsis);
  if (begin + window.size() < text.size()) snippet += ellipsis;
  return snippet;
}

}  // namespace omnicrm::insight
