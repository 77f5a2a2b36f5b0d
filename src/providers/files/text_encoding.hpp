// Bytes of old files as UTF-8: named charsets, quoted-printable, and what to do with bytes that name nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace omnicrm::files {

/// `bytes` in `charset` (any name that iconv knows) as UTF-8; what is no text there becomes U+FFFD. An
/// unknown charset is treated as no charset.
[[nodiscard]] std::string decode_charset(std::string_view bytes, std::string_view charset);

/// UTF-8 stays; anything else is read as windows-1252, which is what old programs on Windows wrote. NUL
/// becomes U+FFFD. Always well-formed.
[[nodiscard]] std::string to_clean_utf8(std::string_view bytes);

/// RFC 2045 section 6.7, lenient: a "=" that begins no code stays as it is.
[[nodiscard]] std::string decode_quoted_printable(std::string_view text);

/// How many bytes a base64 text stands for (white space does not count).
[[nodiscard]] std::size_t base64_size(std::string_view text) noexcept;

}  // namespace omnicrm::files
