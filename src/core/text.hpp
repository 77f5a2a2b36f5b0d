// Text as the library compares and searches it. All functions are pure and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace omnicrm::text {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
/// The same text if it is UTF-8 without NUL; else ill-formed bytes and NUL become U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view text);
/// For comparing and searching: NFKD, marks removed, case-folded (Unicode TR 15 and TR 21, by utf8proc).
/// `Éric Åström` -> `eric astrom`. Ill-formed bytes are dropped.
[[nodiscard]] std::string fold(std::string_view text);
/// NFC, for what is stored and shown.
[[nodiscard]] std::string normalize(std::string_view text);
/// Without white space (ASCII and U+00A0, U+3000) at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
/// Runs of white space and control characters become one space; trimmed. For names and subjects.
[[nodiscard]] std::string squeeze(std::string_view text);
/// Cuts at a code point boundary, at most `bytes` bytes.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t bytes) noexcept;
/// ASCII only.
[[nodiscard]] std::string lower_ascii(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept;
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace omnicrm::text
