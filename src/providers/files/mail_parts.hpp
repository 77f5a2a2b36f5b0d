// The MIME structure of a message, as a flat list of its leaves.
//
// GMime's own parser descends one stack frame a level and copies every part. This walks over the bytes in
// place with a stack of its own, so that nesting costs nothing but an entry, and is cut off where the
// limits say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "providers/files/mail_fields.hpp"
#include "providers/files/mail_message.hpp"
#include "providers/files/mail_values.hpp"

namespace omnicrm::files {

/// A part that holds no parts. The views point into the message.
struct MailPart {
  ContentType type;
  Disposition disposition;
  std::string_view encoding;    ///< Content-Transfer-Encoding as written
  std::string_view content_id;  ///< as written
  std::string_view body;        ///< still encoded
  /// Which innermost multipart/alternative it belongs to (counted from 1); 0 for none.
  std::uint32_t alternative = 0;
  std::uint32_t branch = 0;  ///< which child of that alternative it is, or is in
};

struct MailParts {
  std::vector<MailPart> leaves;
  bool truncated = false;  ///< nested too deeply, or too many parts
};

/// Lists the leaves in document order. A message/rfc822 part is a leaf.
[[nodiscard]] MailParts list_parts(const MailFields& message, const MailLimits& limits);

/// The bodies between the delimiter lines of a multipart (RFC 2046 section 5.1.1), at most `limit`;
/// a missing end delimiter is forgiven. Empty if there is no delimiter at all.
[[nodiscard]] std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary,
                                                            std::size_t limit);

}  // namespace omnicrm::files
