#include "core/text.hpp"

#include <simdjson.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace omnicrm::text {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::uint64_t high_bits = 0x8080808080808080ULL;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Lower-cases eight ASCII bytes at once: a byte's high bit is set in `from` where it is >= 'A' and in `above`
// where it is > 'Z'; the difference, moved down, is the 0x20 that tells the cases apart.
std::uint64_t lower_eight(std::uint64_t word) {
  const std::uint64_t from = word + 0x3f3f3f3f3f3f3f3fULL;   // 0x80 - 'A'
  const std::uint64_t above = word + 0x2525252525252525ULL;  // 0x80 - ('Z' + 1)
  return word | ((from & ~above & high_bits) >> 2);
}

// Copies ASCII text, lower-cased.
void copy_lower(std::string_view in, char* out) {
  std::size_t i = 0;
  for (; i + 8 <= in.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, in.data() + i, sizeof(word));
    word = lower_eight(word);
    std::memcpy(out + i, &word, sizeof(word));
  }
  for (; i < in.size(); ++i) out[i] = lower(in[i]);
}

// How many bytes at the front are ASCII.
std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof(word));
    if ((word & high_bits) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

struct Decoded {
  utf8proc_int32_t code_point = -1;  // -1: ill-formed
  std::size_t bytes = 1;
};

// The code point at the front. Of an ill-formed sequence it takes the longest part that could still have
// become well-formed (Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts").
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  unsigned char low = 0x80;  // the range of the second byte
  unsigned char high = 0xbf;
  std::size_t length = 0;
  utf8proc_int32_t value = 0;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
    value = first & 0x1f;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    value = first & 0x0f;
    if (first == 0xe0) low = 0xa0;   // overlong
    if (first == 0xed) high = 0x9f;  // surrogates
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    value = first & 0x07;
    if (first == 0xf0) low = 0x90;   // overlong
    if (first == 0xf4) high = 0x8f;  // above U+10FFFF
  } else {
    return {-1, 1};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {-1, i};
    value = value << 6 | (byte(i) & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return {value, length};
}

void append(std::string& out, utf8proc_int32_t code_point) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(code_point, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

// Marks go one by one and by code point, so a whole text needs no reordering of them and no buffer.
void append_folded(std::string& out, utf8proc_int32_t code_point) {
  constexpr auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
  std::array<utf8proc_int32_t, 32> parts{};  // the longest compatibility mapping (U+FDFA) has 18
  int boundary = 0;
  const auto count = utf8proc_decompose_char(code_point, parts.data(), parts.size(), options, &boundary);
  for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, parts.size()); ++i) {
    append(out, parts[static_cast<std::size_t>(i)]);
  }
}

bool is_space_or_control(utf8proc_int32_t c) {
  return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

constexpr std::array<std::string_view, 2> wide_spaces{"\xc2\xa0", "\xe3\x80\x80"};  // U+00A0, U+3000

std::size_t space_at_front(std::string_view text) {
  if (!text.empty() && is_ascii_space(text.front())) return 1;
  for (const auto space : wide_spaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::size_t space_at_back(std::string_view text) {
  if (!text.empty() && is_ascii_space(text.back())) return 1;
  for (const auto space : wide_spaces) {
    if (text.ends_with(space)) return space.size();
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string to_utf8(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && is_utf8(text)) return std::string(text);
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.code_point > 0) {
      out.append(text.substr(0, next.bytes));
    } else {
      out.append(replacement);
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (const std::size_t ascii = ascii_prefix(text); ascii > 0) {
      const std::size_t at = out.size();
      out.resize(at + ascii);
      copy_lower(text.substr(0, ascii), out.data() + at);
      text.remove_prefix(ascii);
      continue;
    }
    const Decoded next = decode(text);
    if (next.code_point >= 0) append_folded(out, next.code_point);
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string normalize(std::string_view text) {
  std::string clean = to_utf8(text);
  if (ascii_prefix(clean) == clean.size()) return clean;
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(clean.data()),
                                 static_cast<utf8proc_ssize_t>(clean.size()), &mapped,
                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (size < 0) return clean;  // out of memory; the text itself is well-formed
  std::string out(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  std::free(mapped);  // NOLINT: utf8proc allocates with malloc
  return out;
}

std::string_view trim(std::string_view text) noexcept {
  while (const std::size_t bytes = space_at_front(text)) text.remove_prefix(bytes);
  while (const std::size_t bytes = space_at_back(text)) text.remove_suffix(bytes);
  return text;
}

std::string squeeze(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool pending = false;
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.code_point >= 0 && is_space_or_control(next.code_point)) {
      pending = true;
    } else {
      if (pending && !out.empty()) out += ' ';
      pending = false;
      out.append(text.substr(0, next.bytes));
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string_view cut(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  // Back over continuation bytes (10xxxxxx); a code point has at most three, more are not UTF-8 anyway.
  std::size_t end = bytes;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; ++i) --end;
  if ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end = bytes;
  return text.substr(0, end);
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && starts_with_ignoring_case(a, b);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept {
  if (text.size() < prefix.size()) return false;
  return std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  parts.reserve(static_cast<std::size_t>(std::ranges::count(text, separator)) + 1);
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

}  // namespace omnicrm::text
