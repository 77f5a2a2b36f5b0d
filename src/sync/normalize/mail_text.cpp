#include "sync/normalize/mail_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "sync/normalize/quote_marks.hpp"

namespace omnicrm::sync {
namespace {

using Lines = std::vector<std::string_view>;

/// Half-open range of lines.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] bool empty() const noexcept { return begin >= end; }
};

Lines split_lines(std::string_view text) {
  Lines lines;
  lines.reserve(text.size() / 40 + 1);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
      line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// Without empty lines at both ends.
Range trim(const Lines& lines, Range range) {
  while (!range.empty() && lines[range.begin].empty()) ++range.begin;
  while (!range.empty() && lines[range.end - 1].empty()) --range.end;
  return range;
}

std::string join(const Lines& lines, Range range) {
  range = trim(lines, range);
  std::string out;
  std::size_t size = 0;
  for (std::size_t i = range.begin; i < range.end; ++i) size += lines[i].size() + 1;
  out.reserve(size);
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (i != range.begin) out += '\n';
    out += lines[i];
  }
  return out;
}

/// First line of a block that quotes all that follows without marks (Outlook and its kin); `end` if none.
std::size_t find_unmarked_quote(const Lines& lines, Range range) {
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (is_quote_line(lines[i]) || lines[i].empty()) continue;
    if (is_original_message_line(lines[i])) return i;
    if (is_header_block(lines, i, range.end)) {
      // Outlook draws a line of underscores above the block.
      std::size_t begin = i;
      while (begin > range.begin && lines[begin - 1].empty()) --begin;
      if (begin > range.begin && is_rule_line(lines[begin - 1])) return begin - 1;
      return i;
    }
    // "On ..., X wrote:" with nothing marked below it: everything below is the quote.
    if (const std::size_t length = attribution_length(lines, i, range.end); length != 0) {
      std::size_t next = i + length;
      while (next < range.end && lines[next].empty()) ++next;
      const bool marked = std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(next),
                                      lines.begin() + static_cast<std::ptrdiff_t>(range.end), is_quote_line);
      if (next < range.end && !marked && i != range.begin) return i;
      i += length - 1;
    }
  }
  return range.end;
}

/// Start of the marked quote that ends the text, its attribution included; `end` if the text ends in
/// anything else.
std::size_t find_trailing_quote(const Lines& lines, Range range) {
  std::size_t begin = range.end;
  std::size_t at = range.end;
  while (at > range.begin && (lines[at - 1].empty() || is_quote_line(lines[at - 1]))) {
    --at;
    if (!lines[at].empty()) begin = at;
  }
  if (begin == range.end) return range.end;
  const std::size_t attribution = attribution_before(lines, range.begin, begin);
  return attribution;
}

/// End of the quote that the text begins with (bottom-posted mail); `begin` if it does not.
std::size_t find_leading_quote(const Lines& lines, Range range) {
  std::size_t at = range.begin + attribution_length(lines, range.begin, range.end);
  while (at < range.end && lines[at].empty()) ++at;
  if (at >= range.end || !is_quote_line(lines[at])) return range.begin;
  std::size_t end = at;
  for (; at < range.end && (lines[at].empty() || is_quote_line(lines[at])); ++at)
    if (!lines[at].empty()) end = at + 1;
  return end;
}

bool has_quote(const Lines& lines, Range range) {
  return std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(range.begin),
                     lines.begin() + static_cast<std::ptrdiff_t>(range.end), is_quote_line);
}

/// First line of the signature; `end` if there is none.
std::size_t find_signature(const Lines& lines, Range range) {
  // RFC 3676 section 4.3: "-- ". Trailing blanks are gone here; "--" alone is taken only near the end,
  // as are "__" rules that list software puts above its footer.
  constexpr std::size_t kMaxMarkedLines = 40;
  for (std::size_t i = range.end; i > range.begin && range.end - i < kMaxMarkedLines; --i)
    if (lines[i - 1] == "--") return i - 1;
  for (std::size_t i = range.end; i > range.begin && range.end - i < 12; --i)
    if (i - 1 > range.begin && is_footer_rule(lines[i - 1]) && !has_quote(lines, {i, range.end}))
      return i - 1;
  return find_closing(lines, range.begin, range.end);
}

}  // namespace

MailText split_mail_text(std::string_view text) {
  const Lines lines = split_lines(text);
  Range body = trim(lines, {0, lines.size()});
  MailText out;

  const std::size_t unmarked = find_unmarked_quote(lines, body);
  // A text that is nothing but a forwarded message stays where it is quoted: the body is empty.
  Range quoted{unmarked, body.end};
  body = trim(lines, {body.begin, unmarked});
  if (quoted.empty()) {
    quoted = {find_trailing_quote(lines, body), body.end};
    body = trim(lines, {body.begin, quoted.begin});
  }

  std::size_t signature = find_signature(lines, body);
  if (quoted.empty()) {
    // A signature or a list footer may stand below the quote.
    quoted = {find_trailing_quote(lines, trim(lines, {body.begin, signature})), signature};
    quoted = trim(lines, quoted);
  }
  const Range tail{signature, body.end};
  body = trim(lines, {body.begin, quoted.empty() ? signature : std::min(signature, quoted.begin)});
  if (quoted.empty()) {
    const std::size_t answer = find_leading_quote(lines, body);
    // Only one quote in front of one answer; with more quotes below, the answers are interleaved.
    if (answer != body.begin && answer != body.end && !has_quote(lines, {answer, body.end})) {
      quoted = {body.begin, answer};
      body.begin = answer;
    }
  }

  out.body = join(lines, body);
  out.signature = join(lines, tail);
  out.quoted = join(lines, quoted);
  return out;
}

}  // namespace omnicrm::sync
