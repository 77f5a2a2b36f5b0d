// The header section of a message or part, cut into fields without copying.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace omnicrm::files {

/// One header field; both views point into the message.
struct MailField {
  std::string_view name;
  std::string_view value;  ///< as written, folds included
};

struct MailFields {
  std::vector<MailField> fields;
  std::string_view body;   ///< what follows the blank line
  bool truncated = false;  ///< there were more fields than anybody needs

  /// Raw value of the first field of that name (ASCII case ignored), empty if there is none.
  [[nodiscard]] std::string_view first(std::string_view name) const noexcept;
};

/// Cuts an entity at its header. Lenient: a line that is no field is skipped when fields go on after
/// it, and otherwise starts the body, so that a missing blank line loses no text.
[[nodiscard]] MailFields split_fields(std::string_view entity);

/// The same for a whole message: byte order mark, blank lines and an mbox "From " line in front are skipped.
[[nodiscard]] MailFields split_message_fields(std::string_view message);

/// Whether a line starts like a field: RFC 5322 section 2.2 name, then a colon.
[[nodiscard]] bool starts_like_field(std::string_view line) noexcept;

/// The value on one line (RFC 5322 section 2.2.3), trimmed, at most 256 KiB of it.
[[nodiscard]] std::string unfold(std::string_view value);

}  // namespace omnicrm::files
