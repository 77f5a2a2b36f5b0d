// The tags of an HTML text, one after the other, without building anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace omnicrm::sync {

/// One step of the scan: the text in front of a tag, and the tag.
struct HtmlToken {
  std::string_view text;       ///< between the previous tag and this one, entities as written
  std::string_view tag;        ///< name as written; empty at the end and for comments
  bool is_end = false;         ///< </name>
  std::size_t attributes = 0;  ///< at least as many as it has
};

/// Steps over an HTML text in linear time. Comments, quoted attributes and the content of <script>,
/// <style>, <title> and <textarea> are passed over (HTML Living Standard, section 13.2.5, simplified).
class HtmlScanner {
 public:
  explicit HtmlScanner(std::string_view html) : rest_(html) {}
  /// False when nothing is left.
  [[nodiscard]] bool next(HtmlToken& token);

 private:
  void skip_comment();
  void read_tag(HtmlToken& token);
  void skip_raw_text(std::string_view name);

  std::string_view rest_;
};

/// Whether a parser with quadratic corners is safe with this: elements nest at most `limit` deep and no tag
/// has more attributes than that. Elements whose end tag may be left out (<p>, <li>, <td>) do not count,
/// because the parser closes them by itself.
[[nodiscard]] bool is_tame(std::string_view html, std::size_t limit);

/// The text without its tags, in linear time and without nesting: for documents too large, too deep or too
/// costly for a real parser. Knows line breaks of blocks and the commonest entities.
[[nodiscard]] std::string strip_tags(std::string_view html);

}  // namespace omnicrm::sync
