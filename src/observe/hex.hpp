// Lower-case hexadecimal digits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace omnicrm::observe {

inline void write_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
}

/// False unless the text is exactly the bytes' lower-case digits; upper case is none.
[[nodiscard]] inline bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept {
  if (text.size() != bytes.size() * 2) return false;
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const int high = digit(text[2 * at]);
    const int low = digit(text[2 * at + 1]);
    if (high < 0 || low < 0) return false;
    bytes[at] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace omnicrm::observe
