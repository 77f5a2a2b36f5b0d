// The piece of a text that shows why it was found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "insight/search_query.hpp"

namespace omnicrm::insight {

/// Whether any wanted term occurs in `text`.
[[nodiscard]] bool contains_term(std::string_view text, const std::vector<SearchTerm>& terms);

/// About 200 bytes around the first match, on one line, matches between U+27E6 and U+27E7; the beginning of
/// the text when nothing matches. Cut at words, with an ellipsis where something was left out.
[[nodiscard]] std::string make_snippet(std::string_view text, const std::vector<SearchTerm>& terms);

}  // namespace omnicrm::insight
