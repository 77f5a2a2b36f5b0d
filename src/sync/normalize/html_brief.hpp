// An HTML text, as short as its tree allows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sync/normalize/html_scan.hpp"

namespace omnicrm::sync {

/// What of an HTML mail has to be parsed to find its text. Gumbo makes a token of every character and a
/// node's member of every attribute, and more than half of a mail is words and `face="Arial"`. Here each run
/// of words is one character of a private plane, and attributes that no one reads are left out; the tree is
/// the same. Keeps views of the original, which must outlive it. Immutable.
class HtmlBrief {
 public:
  explicit HtmlBrief(std::string_view html);

  /// What to parse.
  [[nodiscard]] std::string_view html() const noexcept { return brief_; }
  /// The text that stands for a parsed text: itself, or made in `buffer`.
  [[nodiscard]] std::string_view expand(std::string_view parsed, std::string& buffer) const;

 private:
  void add_text(std::string_view text);
  void add_tag(const HtmlToken& token);
  bool add_read_attributes(const HtmlToken& token);

  std::string brief_;
  std::vector<std::string_view> runs_;
  bool keeps_blanks_ = false;
};

}  // namespace omnicrm::sync
