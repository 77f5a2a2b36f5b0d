#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode TR 11, as far as names and subjects of mail need it.
constexpr std::array<Range, 11> wide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1F64F},
                                      {0x1F680, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 9> zero{{{0x0300, 0x036F},
                                     {0x0483, 0x0489},
                                     {0x0591, 0x05BD},
                                     {0x064B, 0x065F},
                                     {0x1AB0, 0x1AFF},
                                     {0x1DC0, 0x1DFF},
                                     {0x200B, 0x200D},
                                     {0x20D0, 0x20FF},
                                     {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](Range range) { return c >= range.first && c <= range.last; });
}

std::size_t width_of(char32_t c) {
  if (c < 0x300) return 1;
  if (within(zero, c)) return 0;
  return within(wide, c) ? 2 : 1;
}

/// Takes the next character off the front; the library hands out UTF-8 only.
char32_t take(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t c = length == 1 ? lead : lead & (0x7Fu >> length);
  for (std::size_t at = 1; at < length && at < text.size(); ++at)
    c = c << 6 | (static_cast<unsigned char>(text[at]) & 0x3Fu);
  text.remove_prefix(std::min(length, text.size()));
  return c;
}

/// C0, DEL, C1, and the marks that turn the direction of what follows.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += width_of(take(text));
  return width;
}

std::string plain(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take(text);
    if (c == '\n' || c == '\t' || c == '\r') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (!is_control(c)) {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::string cut(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t used = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view after = rest;
    const std::size_t next = width_of(take(after));
    if (used + next > width - 1) break;
    used += next;
    rest = after;
  }
  return std::string(text.substr(0, text.size() - rest.size())) + "…";
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t sign = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > sign + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string bytes(std::int64_t count) {
  if (count < 1'000) return fmt::format("{} B", count);
  if (count < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(count) / 1e3);
  if (count < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(count) / 1e6);
  return fmt::format("{:.2f} GB", static_cast<double>(count) / 1e9);
}

std::string duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 7'200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3'600, whole % 3'600 / 60);
}

std::string counted(std::int64_t number, std::string_view singular, std::string_view plural) {
  return grouped(number) + " " + std::string(number == 1 ? singular : plural);
}

std::string minute(omnicrm::Timestamp at) {
  std::string text = omnicrm::to_string(at).substr(0, 16);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Optimal string alignment distance (Damerau 1964).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : candidates) {
    const std::size_t far = distance(lower(word), lower(candidate));
    if (far >= least || far * 3 > std::max(candidate.size(), std::size_t{3})) continue;
    least = far;
    best = candidate;
  }
  return best;
}

}  // namespace cli
