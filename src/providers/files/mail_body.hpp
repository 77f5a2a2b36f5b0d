// From an encoded part to text or bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "providers/files/mail_parts.hpp"

namespace omnicrm::files {

/// Bytes after Content-Transfer-Encoding.
struct Decoded {
  std::string bytes;
  bool truncated = false;  ///< there was more than the limit
};

/// Undoes base64, quoted-printable and uuencode (RFC 2045 section 6); other names mean as is. Stops after
/// `limit` bytes of output, so memory does not follow what the input claims.
[[nodiscard]] Decoded decode_transfer(std::string_view body, std::string_view encoding, std::uint64_t limit);

/// The size `decode_transfer` would give without a limit, in constant memory.
[[nodiscard]] std::uint64_t decoded_size(std::string_view body, std::string_view encoding);

/// A text part as UTF-8 with LF and without NUL; format=flowed is joined (RFC 3676).
[[nodiscard]] Decoded part_text(const MailPart& part, std::uint64_t limit);

/// RFC 3676 section 4: joins soft-broken lines, removes stuffing; quote marks become "> ".
[[nodiscard]] std::string join_flowed(std::string_view text, bool delsp);

}  // namespace omnicrm::files
