// What a person types into a search box, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/model/interaction.hpp>

namespace omnicrm::insight {

/// A word, a "phrase" or a prefix*.
struct SearchTerm {
  /// The words, folded (core/text.hpp); more than one for a phrase.
  std::vector<std::string> words;
  bool prefix = false;        ///< the last word may go on
  bool negative = false;      ///< -word: must not occur
  bool subject_only = false;  ///< subject:word
};

/// A whole query.
struct ParsedQuery {
  std::vector<SearchTerm> terms;
  std::vector<std::string> from;  ///< folded names or addresses
  std::vector<std::string> with;
  std::vector<InteractionKind> kinds;
  std::vector<std::string> tags;  ///< folded names
  std::optional<Timestamp> after;
  std::optional<Timestamp> before;

  [[nodiscard]] bool is_empty() const noexcept;
};

/// Errors: `invalid_argument` on "text" says what is not understood and what to write instead: an unknown
/// type, a date that is none, a prefix under three letters, only -words. A key that is no filter
/// (`http://...`) is a word.
[[nodiscard]] Result<ParsedQuery> parse_query(std::string_view text);

/// Words of a text, folded: runs of letters and digits.
[[nodiscard]] std::vector<std::string> folded_words(std::string_view text);

}  // namespace omnicrm::insight
