#include "providers/files/mail_charset.hpp"

#include <gmime/gmime.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "core/text.hpp"
#include "providers/files/gmime_support.hpp"

namespace omnicrm::files {
namespace {

// WHATWG Encoding Standard, index windows-1252, 0x80 to 0x9F. Mail labelled ISO-8859-1 is read the same way,
// because ISO-8859-1 has only control characters there.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_utf8(std::string& out, char16_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::string windows1252_to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char byte : bytes) {
    const auto c = static_cast<unsigned char>(byte);
    if (c == 0)
      out += kReplacement;
    else
      append_utf8(out, c >= 0x80 && c < 0xA0 ? kWindows1252[c - 0x80u] : char16_t{c});
  }
  return out;
}

/// Whether plain ASCII bytes mean the same in this charset.
bool extends_ascii(std::string_view charset) {
  using text::starts_with_ignoring_case;
  for (const std::string_view other :
       {"utf-7", "utf7", "utf-16", "utf16", "utf-32", "utf32", "ucs-", "iso-2022", "csiso2022", "hz", "ibm",
        "cp037", "cp1140", "ebcdic", "unicode"})
    if (starts_with_ignoring_case(charset, other)) return false;
  return true;
}

bool is_one_of(std::string_view charset, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (text::equals_ignoring_case(charset, name)) return true;
  return false;
}

/// Runs iconv over all of `bytes`; what it cannot read becomes U+FFFD, one for each byte.
std::string run_iconv(iconv_t converter, std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  char* in = const_cast<char*>(bytes.data());  // iconv's signature; it does not write
  std::size_t left = bytes.size();
  std::array<char, 8192> buffer;
  while (left != 0) {
    char* to = buffer.data();
    std::size_t room = buffer.size();
    const std::size_t result = g_mime_iconv(converter, &in, &left, &to, &room);
    out.append(buffer.data(), buffer.size() - room);
    if (result != static_cast<std::size_t>(-1)) break;
    if (errno == E2BIG) continue;
    out += kReplacement;
    if (errno == EINVAL) break;
    ++in;
    --left;
  }
  char* to = buffer.data();
  std::size_t room = buffer.size();
  g_mime_iconv(converter, nullptr, nullptr, &to, &room);
  out.append(buffer.data(), buffer.size() - room);
  return out;
}

}  // namespace

bool is_ascii(std::string_view bytes) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  std::size_t at = 0;
  std::uint64_t seen = 0;
  for (; at + 32 <= bytes.size(); at += 32) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), bytes.data() + at, 32);
    seen = words[0] | words[1] | words[2] | words[3];
    if ((seen & kHighBits) != 0) return false;
  }
  for (; at < bytes.size(); ++at)
    if ((static_cast<unsigned char>(bytes[at]) & 0x80) != 0) return false;
  return true;
}

std::string undeclared_to_utf8(std::string_view bytes) {
  return text::is_utf8(bytes) ? text::to_utf8(bytes) : windows1252_to_utf8(bytes);
}

std::string charset_to_utf8(std::string_view bytes, std::string_view charset) {
  charset = text::trim(charset);
  if (charset.empty() || (is_ascii(bytes) && extends_ascii(charset))) return undeclared_to_utf8(bytes);
  if (is_one_of(charset, {"utf-8", "utf8", "us-ascii", "ascii"})) return undeclared_to_utf8(bytes);
  if (is_one_of(charset, {"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252"}))
    return windows1252_to_utf8(bytes);

  // A NUL or an over-long name would only confuse the look-up.
  if (charset.size() > 40 || charset.find('\0') != std::string_view::npos) return undeclared_to_utf8(bytes);
  initialize_gmime();
  const std::string name(charset);
  // GBK contains GB2312, and is what mailers that say gb2312 really send (WHATWG Encoding Standard).
  const iconv_t converter = g_mime_iconv_open("UTF-8", is_one_of(name, {"gb2312"}) ? "GBK" : name.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) return undeclared_to_utf8(bytes);
  std::string out = run_iconv(converter, bytes);
  g_mime_iconv_close(converter);
  return text::to_utf8(out);
}

}  // namespace omnicrm::files
