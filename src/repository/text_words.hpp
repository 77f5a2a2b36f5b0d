// The words of a text, for an index that is given words: split as FTS5's unicode61 does, so that both
// storages find the same.
#pragma once

#include <string_view>

#include <omnicrm/core/function_ref.hpp>

namespace omnicrm::repository {

/// Calls `each` for the runs of letters, digits and marks in a folded text, in order; a word over 500 bytes
/// is cut. https://www.sqlite.org/fts5.html#unicode61_tokenizer: categories L*, N* and Co are a word's.
void for_each_text_word(std::string_view folded, FunctionRef<void(std::string_view)> each);

}  // namespace omnicrm::repository
