#include "model/json_writer.hpp"

#include <algorithm>
#include <array>

namespace omnicrm {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

constexpr auto kHexPairs = [] {
  std::array<char, 512> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kHex[byte >> 4];
    pairs[2 * byte + 1] = kHex[byte & 15];
  }
  return pairs;
}();

// Bytes that stand for themselves inside quotes, on their own.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

// Eight bytes at once: is any of them below 0x20, above 0x7f, a quote or a backslash? May say yes too often
// (a borrow reaches the neighbour of a hit), never no too often.
bool all_plain(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  constexpr std::uint64_t high = ones * 0x80;
  const std::uint64_t quote = word ^ (ones * '"');
  const std::uint64_t backslash = word ^ (ones * '\\');
  return ((word | (word - ones * 0x20) | (quote - ones) | (backslash - ones)) & high) == 0;
}

const char* skip_plain(const char* at, const char* end) {
  while (end - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    if (!all_plain(word)) break;
    at += 8;
  }
  while (at != end && kPlain[static_cast<unsigned char>(*at)]) ++at;
  return at;
}

char* write_two(char* at, unsigned value) {
  *at++ = static_cast<char>('0' + value / 10);
  *at++ = static_cast<char>('0' + value % 10);
  return at;
}

// Years of four digits only.
char* write_date(char* at, std::chrono::year_month_day day) {
  const auto year = static_cast<unsigned>(static_cast<int>(day.year()));
  at = write_two(at, year / 100);
  at = write_two(at, year % 100);
  *at++ = '-';
  at = write_two(at, static_cast<unsigned>(day.month()));
  *at++ = '-';
  return write_two(at, static_cast<unsigned>(day.day()));
}

bool has_four_digits(std::chrono::year_month_day day) {
  return static_cast<int>(day.year()) >= 0 && static_cast<int>(day.year()) <= 9999;
}

}  // namespace

std::size_t utf8_length(const char* at, const char* end) noexcept {
  const auto byte = [&](std::ptrdiff_t index) { return static_cast<unsigned char>(at[index]); };
  const auto follows = [&](std::ptrdiff_t index, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(index) >= low && byte(index) <= high;
  };
  const std::ptrdiff_t left = end - at;
  if (left < 1) return 0;
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return left >= 2 && follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return left >= 3 && follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return left >= 4 && follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void JsonWriter::grow(std::size_t bytes) {
  const std::size_t used = size();
  const std::size_t room = std::max(bytes, used);  // doubles, so that appending stays linear
  out_.resize(used + room);
  at_ = out_.data() + used;
  end_ = out_.data() + out_.size();
}

void JsonWriter::escape(unsigned char c) {
  reserve(6);
  *at_++ = '\\';
  switch (c) {
    case '"':
      *at_++ = '"';
      return;
    case '\\':
      *at_++ = '\\';
      return;
    case '\b':
      *at_++ = 'b';
      return;
    case '\f':
      *at_++ = 'f';
      return;
    case '\n':
      *at_++ = 'n';
      return;
    case '\r':
      *at_++ = 'r';
      return;
    case '\t':
      *at_++ = 't';
      return;
    default:
      break;
  }
  std::memcpy(at_, "u00", 3);
  std::memcpy(at_ + 3, &kHexPairs[std::size_t{2} * c], 2);
  at_ += 5;
}

void JsonWriter::text(std::string_view text) {
  reserve(text.size() + 2);
  *at_++ = '"';
  const char* from = text.data();
  const char* const end = from + text.size();
  while (true) {
    const char* to = skip_plain(from, end);
    // Well-formed UTF-8 is copied together with what surrounds it.
    while (to != end && static_cast<unsigned char>(*to) >= 0x80) {
      const std::size_t length = utf8_length(to, end);
      if (length == 0) break;
      to = skip_plain(to + length, end);
    }
    raw(std::string_view(from, static_cast<std::size_t>(to - from)));
    if (to == end) break;
    const auto c = static_cast<unsigned char>(*to);
    if (c >= 0x80) {
      raw("\xef\xbf\xbd");  // U+FFFD
    } else {
      escape(c);
    }
    from = to + 1;
  }
  raw('"');
}

void JsonWriter::uuid(const Uuid& id) {
  reserve(38);
  *at_++ = '"';
  for (std::size_t index = 0; index < id.bytes.size(); ++index) {
    if (index == 4 || index == 6 || index == 8 || index == 10) *at_++ = '-';
    std::memcpy(at_, &kHexPairs[std::size_t{2} * id.bytes[index]], 2);
    at_ += 2;
  }
  *at_++ = '"';
}

void JsonWriter::timestamp(Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  if (!has_four_digits(date)) return text(to_string(at));
  const auto micros = static_cast<std::uint64_t>((at - day).count());
  const auto second = static_cast<unsigned>(micros / 1'000'000);
  auto fraction = static_cast<unsigned>(micros % 1'000'000);
  reserve(32);
  *at_++ = '"';
  at_ = write_date(at_, date);
  *at_++ = 'T';
  at_ = write_two(at_, second / 3600);
  *at_++ = ':';
  at_ = write_two(at_, second / 60 % 60);
  *at_++ = ':';
  at_ = write_two(at_, second % 60);
  if (fraction != 0) {  // milliseconds or microseconds, as to_string(Timestamp)
    std::ptrdiff_t digits = 6;
    if (fraction % 1000 == 0) {
      fraction /= 1000;
      digits = 3;
    }
    *at_++ = '.';
    for (std::ptrdiff_t place = digits - 1; place >= 0; --place) {
      at_[place] = static_cast<char>('0' + fraction % 10);
      fraction /= 10;
    }
    at_ += digits;
  }
  *at_++ = 'Z';
  *at_++ = '"';
}

void JsonWriter::date(Date day) {
  const std::chrono::year_month_day date{day};
  if (!has_four_digits(date)) return text(to_string_date(day));
  reserve(12);
  *at_++ = '"';
  at_ = write_date(at_, date);
  *at_++ = '"';
}

std::string json_text(std::string_view text) {
  std::string out;
  {
    JsonWriter writer(out);
    writer.text(text);
  }
  return out;
}

}  // namespace omnicrm
