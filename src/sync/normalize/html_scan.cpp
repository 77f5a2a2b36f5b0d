#include "sync/normalize/html_scan.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "core/text.hpp"

namespace omnicrm::sync {
namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ends_name(char c) noexcept {
  return c == '>' || c == '/' || is_html_blank(c);
}

/// `names` are in lower case; the first letter passes over most of them at one look.
template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) noexcept {
  if (name.empty()) return false;
  const auto first = static_cast<char>(name.front() | 0x20);
  return std::any_of(names.begin(), names.end(), [&](std::string_view other) {
    return other.front() == first && text::equals_ignoring_case(name, other);
  });
}

constexpr std::array<std::string_view, 9> kRawText = {"script",  "style",  "title",    "textarea", "xmp",
                                                      "noembed", "iframe", "noframes", "plaintext"};

// No end tag at all, or one that may be left out.
constexpr std::array<std::string_view, 31> kNotNesting = {
    "area",    "base",     "br",     "col",  "embed",    "hr",      "img",   "input",
    "link",    "meta",     "param",  "wbr",  "source",   "track",   "p",     "li",
    "dt",      "dd",       "td",     "th",   "tr",       "tbody",   "thead", "tfoot",
    "caption", "colgroup", "option", "head", "basefont", "bgsound", "keygen"};

constexpr std::array<std::string_view, 14> kBlocks = {"br", "p",  "div", "tr", "li", "table",      "ul",
                                                      "ol", "h1", "h2",  "h3", "hr", "blockquote", "pre"};

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<Entity, 6> kEntities = {
    {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", " "}}};

void append_decoded(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t at = std::min(text.find('&'), text.size());
    out += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) return;
    const auto* known = std::find_if(kEntities.begin(), kEntities.end(),
                                     [&](const Entity& entity) { return text.starts_with(entity.name); });
    out += known == kEntities.end() ? text.substr(0, 1) : known->text;
    text.remove_prefix(known == kEntities.end() ? 1 : known->name.size());
  }
}

}  // namespace

bool take_attribute(std::string_view& rest, HtmlAttribute& attribute) noexcept {
  const auto skip_blanks = [&](std::size_t at) {
    while (at < rest.size() && is_html_blank(rest[at])) ++at;
    return at;
  };
  std::size_t at = 0;
  while (at < rest.size() && (is_html_blank(rest[at]) || rest[at] == '/')) ++at;
  rest.remove_prefix(at);
  if (rest.empty() || rest.front() == '>') return false;
  at = 1;  // even a "="
  while (at < rest.size() && !ends_name(rest[at]) && rest[at] != '=') ++at;
  attribute.name = rest.substr(0, at);
  const std::size_t equals = skip_blanks(at);
  if (equals < rest.size() && rest[equals] == '=') {
    at = skip_blanks(equals + 1);
    if (at < rest.size() && (rest[at] == '"' || rest[at] == '\'')) {
      const std::size_t close = rest.find(rest[at], at + 1);
      at = close == std::string_view::npos ? rest.size() : close + 1;
    } else {
      while (at < rest.size() && !is_html_blank(rest[at]) && rest[at] != '>') ++at;
    }
  }
  attribute.all = rest.substr(0, at);
  rest.remove_prefix(at);
  return true;
}

bool HtmlScanner::next(HtmlToken& token) {
  if (rest_.empty()) return false;
  token = {};
  std::size_t at = 0;
  // A "<" starts markup only before a letter, "/", "!" or "?".
  while ((at = rest_.find('<', at)) != std::string_view::npos) {
    const char c = at + 1 < rest_.size() ? rest_[at + 1] : ' ';
    if (is_letter(c) || c == '/' || c == '!' || c == '?') break;
    ++at;
  }
  token.text = rest_.substr(0, at);
  rest_.remove_prefix(std::min(at, rest_.size()));
  if (rest_.empty()) return true;
  token.markup = rest_;
  rest_.remove_prefix(1);
  if (rest_.front() == '!' || rest_.front() == '?' ||
      (rest_.front() == '/' && rest_.size() > 1 && !is_letter(rest_[1])))
    skip_comment();
  else
    read_tag(token);
  token.markup.remove_suffix(rest_.size());
  return true;
}

void HtmlScanner::skip_comment() {
  const bool dashes = rest_.starts_with("!--") && !rest_.starts_with("!-->");
  std::size_t end = dashes ? rest_.find("-->", 2) : rest_.find('>');
  if (end != std::string_view::npos) end += dashes ? 3 : 1;
  rest_.remove_prefix(std::min(end, rest_.size()));
}

void HtmlScanner::read_tag(HtmlToken& token) {
  token.is_end = rest_.front() == '/';
  if (token.is_end) rest_.remove_prefix(1);
  std::size_t at = 0;
  while (at < rest_.size() && !ends_name(rest_[at])) ++at;
  token.tag = rest_.substr(0, at);
  rest_.remove_prefix(at);
  HtmlAttribute attribute;
  while (take_attribute(rest_, attribute)) ++token.attributes;
  token.is_whole = !rest_.empty();
  if (token.is_whole) rest_.remove_prefix(1);
  if (!token.is_end && is_one_of(token.tag, kRawText)) skip_raw_text(token.tag);
}

void HtmlScanner::skip_raw_text(std::string_view name) {
  std::size_t at = 0;
  // Nothing ends <plaintext>.
  const bool endless = text::equals_ignoring_case(name, "plaintext");
  while ((at = endless ? std::string_view::npos : rest_.find("</", at)) != std::string_view::npos) {
    const std::string_view end = rest_.substr(at + 2);
    if (text::starts_with_ignoring_case(end, name) && end.size() > name.size() && ends_name(end[name.size()]))
      break;
    at += 2;
  }
  rest_.remove_prefix(std::min(at, rest_.size()));
}

bool is_tame(std::string_view html, std::size_t limit) {
  // How many of each name are open; an end tag closes only what was opened under its name.
  std::unordered_map<std::string, std::size_t> open;
  std::size_t depth = 0;
  HtmlScanner scanner(html);
  HtmlToken token;
  while (scanner.next(token)) {
    if (token.attributes > limit) return false;
    if (token.tag.empty() || is_one_of(token.tag, kNotNesting)) continue;
    std::string name = text::lower_ascii(token.tag.substr(0, 32));
    if (token.is_end) {
      const auto found = open.find(name);
      if (found == open.end() || found->second == 0) continue;
      --found->second;
      if (name != "html" && name != "body") --depth;
    } else {
      // Each repetition of these two merges its attributes into all that came before.
      depth += name == "html" || name == "body" ? 32 : 1;
      if (depth > limit) return false;
      ++open[std::move(name)];
    }
  }
  return true;
}

std::string strip_tags(std::string_view html) {
  std::string out;
  HtmlScanner scanner(html);
  HtmlToken token;
  while (scanner.next(token)) {
    append_decoded(token.text, out);
    if (is_one_of(token.tag, kBlocks)) out += '\n';
  }
  return out;
}

}  // namespace omnicrm::sync
