// Arrays as parameters: PostgreSQL's text form (https://www.postgresql.org/docs/15/arrays.html, "Array Input
// and Output Syntax").
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <omnicrm/core/ids.hpp>

namespace omnicrm::jobs::postgres {

/// Elements are added one by one; `text` is bound as text.
class ArrayText {
 public:
  void add(const Uuid& id) {
    static constexpr char digits[] = "0123456789abcdef";
    next();
    for (const std::uint8_t byte : id.bytes) {  // hyphens may be left out
      text_.push_back(digits[byte >> 4U]);
      text_.push_back(digits[byte & 15U]);
    }
  }
  template <class Tag>
  void add(const Id<Tag>& id) {
    add(id.value);
  }
  void add(std::int64_t number) {
    next();
    fmt::format_to(std::back_inserter(text_), "{}", number);
  }
  void add(std::string_view value) {
    next();
    text_.push_back('"');
    for (const char c : value) {
      if (c == '"' || c == '\\') text_.push_back('\\');
      text_.push_back(c);
    }
    text_.push_back('"');
  }
  /// Complete; nothing is added after it.
  [[nodiscard]] const std::string& text() {
    if (!closed_) text_.push_back('}');
    closed_ = true;
    return text_;
  }
  [[nodiscard]] bool empty() const noexcept { return text_.size() < 2; }

 private:
  void next() {
    if (text_.size() > 1) text_.push_back(',');
  }
  std::string text_ = "{";
  bool closed_ = false;
};

}  // namespace omnicrm::jobs::postgres
