// A JSON array of texts: how a statement is given a list of any length.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/json.hpp"

namespace omnicrm {

/// ["a","b"]; `text_of` says what stands for an element. Empty: [].
template <class Range, class TextOf = std::identity>
[[nodiscard]] std::string json_list(const Range& range, TextOf text_of = {}) {
  std::string list = "[";
  for (const auto& element : range) {
    if (list.size() > 1) list += ',';
    list += json_text(std::invoke(text_of, element));
  }
  list += ']';
  return list;
}

}  // namespace omnicrm
