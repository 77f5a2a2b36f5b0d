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
  std::string_view markup;     ///< all of the tag or comment, with the content that it makes raw text
  bool is_end = false;         ///< </name>
  bool is_whole = false;       ///< the text does not end within the tag
  std::size_t attributes = 0;  ///< how many it has
};

struct HtmlAttribute {
  std::string_view name;
  std::string_view all;  ///< with its value, as written
};

/// Takes the next attribute off the front of what follows a tag's name (HTML Living Standard, sections
/// 13.2.5.32 to 13.2.5.39). False at the tag's ">" and at the end of the text.
[[nodiscard]] bool take_attribute(std::string_view& rest, HtmlAttribute& attribute) noexcept;

/// What HTML takes for white space (section 13.2.5): no vertical tab.
[[nodiscard]] constexpr bool is_html_blank(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

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
