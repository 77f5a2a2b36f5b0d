#include "sync/normalize/html_brief.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/text.hpp"

namespace omnicrm::sync {
namespace {

// U+F0000 and on, private: F3 Bx xx xx in UTF-8. A text that has such characters itself is left as it is.
constexpr char run_lead = '\xF3';
constexpr std::size_t run_bytes = 4;
constexpr std::size_t most_runs = 0xFFFD;
/// A tag with more of them is left as it is.
constexpr std::size_t most_attributes = 16;

void append_run(std::size_t index, std::string& out) {
  out += run_lead;
  out += static_cast<char>(0xB0 | (index >> 12));
  out += static_cast<char>(0x80 | ((index >> 6) & 0x3F));
  out += static_cast<char>(0x80 | (index & 0x3F));
}

std::size_t run_index(std::string_view run) noexcept {
  const auto bits = [&](std::size_t at) { return static_cast<std::size_t>(run[at] & 0x3F); };
  return (bits(1) & 0xF) << 12 | bits(2) << 6 | bits(3);
}

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Whether a style may hide its element. Blanks do not count, as in the renderer's own look at it.
bool may_hide(std::string_view style) {
  if (style.find('&') != std::string_view::npos) return true;  // written in references
  std::string letters = text::lower_ascii(style);
  std::erase(letters, ' ');
  return letters.find("none") != std::string::npos || letters.find("hid") != std::string::npos;
}

struct Read {
  std::string_view tag;
  std::string_view attribute;
};
constexpr std::array<Read, 15> kRead = {{{"a", "href"},
                                         {"img", "alt"},
                                         {"img", "width"},
                                         {"img", "height"},
                                         {"image", "alt"},  // the parser makes it an img
                                         {"image", "width"},
                                         {"image", "height"},
                                         {"p", "class"},
                                         {"pre", "class"},
                                         {"h1", "class"},
                                         {"h2", "class"},
                                         {"h3", "class"},
                                         {"h4", "class"},
                                         {"h5", "class"},
                                         {"h6", "class"}}};

bool is_read(std::string_view tag, const HtmlAttribute& attribute) {
  if (text::equals_ignoring_case(attribute.name, "style")) return may_hide(attribute.all);
  if (text::equals_ignoring_case(attribute.name, "hidden")) return true;
  const auto first = static_cast<char>(tag.front() | 0x20);
  return std::any_of(kRead.begin(), kRead.end(), [&](const Read& read) {
    return read.tag.front() == first && text::equals_ignoring_case(read.tag, tag) &&
           text::equals_ignoring_case(read.attribute, attribute.name);
  });
}

/// Whose attributes say where the parser puts what follows, or go to an element that is open.
bool steers_parser(std::string_view tag) noexcept {
  constexpr std::array<std::string_view, 4> names = {"input", "isindex", "html", "body"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return text::equals_ignoring_case(tag, name); });
}

bool shows_blanks(std::string_view tag) noexcept {
  return text::equals_ignoring_case(tag, "pre") || text::equals_ignoring_case(tag, "listing");
}

/// Foreign content has rules of its own, where attributes count.
bool has_foreign_content(std::string_view html) noexcept {
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const std::string_view name = html.substr(at + 1);
    if (text::starts_with_ignoring_case(name, "svg") || text::starts_with_ignoring_case(name, "math"))
      return true;
  }
  return false;
}

/// Whether a numeric reference names a character of the private planes.
bool refers_to_runs(std::string_view html) noexcept {
  for (std::size_t at = html.find("&#"); at != std::string_view::npos; at = html.find("&#", at + 1)) {
    const std::string_view number = html.substr(at + 2);
    const bool is_hex = !number.empty() && (number.front() | 0x20) == 'x';
    std::uint32_t value = 0;
    for (std::size_t i = is_hex ? 1 : 0; i < number.size() && value < 0xF0000; ++i) {
      const char lower = static_cast<char>(number[i] | 0x20);
      if (number[i] >= '0' && number[i] <= '9')
        value = value * (is_hex ? 16 : 10) + static_cast<std::uint32_t>(number[i] - '0');
      else if (is_hex && lower >= 'a' && lower <= 'f')
        value = value * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      else
        break;
    }
    if (value >= 0xF0000) return true;
  }
  return false;
}

/// A comment that no reader could take to end earlier.
bool is_comment(std::string_view markup) noexcept {
  return markup.size() >= 7 && markup.starts_with("<!--") && markup.ends_with("-->") &&
         markup.find("--!>") == std::string_view::npos;
}

/// Whether the original is to be parsed as it is.
bool is_strange(std::string_view html) noexcept {
  return html.find(run_lead) != std::string_view::npos || !text::is_utf8(html) || has_foreign_content(html) ||
         refers_to_runs(html);
}

/// Bytes of characters that the parser may replace: controls, C1 controls (C2 80 to C2 9F), noncharacters.
bool may_be_replaced(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && !is_html_blank(c)) || byte == 0x7F || byte == 0xC2 || byte == 0xEF || byte >= 0xF0;
}

}  // namespace

HtmlBrief::HtmlBrief(std::string_view html) {
  if (is_strange(html)) {
    brief_ = html;
    return;
  }
  brief_.reserve(html.size() / 2);
  HtmlScanner scanner(html);
  HtmlToken token;
  while (scanner.next(token)) {
    add_text(token.text);
    if (is_comment(token.markup))
      brief_ += "<!---->";
    else if (token.tag.empty() || token.is_end)
      brief_ += token.markup;
    else
      add_tag(token);
  }
}

void HtmlBrief::add_text(std::string_view text) {
  while (!text.empty()) {
    std::size_t at = 0;
    if (is_html_blank(text.front())) {
      while (at < text.size() && is_html_blank(text[at])) ++at;
      brief_ += keeps_blanks_ ? text.substr(0, at) : text.substr(0, 1);
    } else if (text.front() == '&') {
      // The parser knows how much of it is a character reference.
      for (++at; at < text.size() && (is_letter_or_digit(text[at]) || text[at] == '#' || text[at] == ';');)
        ++at;
      brief_ += text.substr(0, at);
    } else {
      bool replaced = false;
      // Up to a carriage return: what stands for a line end is the parser's to say.
      for (; at < text.size() && text[at] != '&' && text[at] != '\r'; ++at)
        replaced = replaced || may_be_replaced(text[at]);
      while (is_html_blank(text[at - 1])) --at;
      if (at > run_bytes && !replaced && runs_.size() < most_runs) {
        append_run(runs_.size(), brief_);
        runs_.push_back(text.substr(0, at));
      } else {
        brief_ += text.substr(0, at);
      }
    }
    text.remove_prefix(at);
  }
}

void HtmlBrief::add_tag(const HtmlToken& token) {
  keeps_blanks_ = keeps_blanks_ || shows_blanks(token.tag);
  const std::size_t before = brief_.size();
  if (token.attributes == 0 || !add_read_attributes(token))
    brief_.replace(before, std::string::npos, token.markup);
}

/// The tag without what no one reads; false where that could change more than the tag.
bool HtmlBrief::add_read_attributes(const HtmlToken& token) {
  std::string_view inside = token.markup.substr(1 + token.tag.size());
  // With such a character in it, the parser may see it end elsewhere.
  if (!token.is_whole || inside.find_first_of("<>") != inside.size() - 1 || steers_parser(token.tag))
    return false;
  brief_ += '<';
  brief_ += token.tag;
  std::array<std::string_view, most_attributes> names;
  std::size_t count = 0;
  HtmlAttribute attribute;
  while (take_attribute(inside, attribute)) {
    // Gumbo mistakes the value of what follows an attribute that it has already.
    const auto seen = std::span(names).first(count);
    if (count == names.size() || std::any_of(seen.begin(), seen.end(), [&](std::string_view name) {
          return text::equals_ignoring_case(name, attribute.name);
        }))
      return false;
    names[count++] = attribute.name;
    if (!is_read(token.tag, attribute)) continue;
    brief_ += ' ';
    brief_ += attribute.all;
  }
  brief_ += '>';
  return true;
}

std::string_view HtmlBrief::expand(std::string_view parsed, std::string& buffer) const {
  std::size_t run = parsed.find(run_lead);
  if (runs_.empty() || run == std::string_view::npos) return parsed;
  buffer.clear();
  for (; run != std::string_view::npos; run = parsed.find(run_lead)) {
    buffer += parsed.substr(0, run);
    buffer += runs_.at(run_index(parsed.substr(run, run_bytes)));
    parsed.remove_prefix(run + run_bytes);
  }
  return buffer += parsed;
}

}  // namespace omnicrm::sync
