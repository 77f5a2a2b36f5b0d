// From fields to MailHeader.
#pragma once

#include "providers/files/mail_fields.hpp"
#include "providers/files/mail_message.hpp"

namespace omnicrm::files {

/// Splits `bytes` and refuses what is no message: `invalid_argument` if it is empty or has no field.
[[nodiscard]] Result<MailFields> message_fields(std::string_view bytes);

/// Reads the fields that MailHeader has; the others cost nothing.
[[nodiscard]] MailHeader read_header(const MailFields& fields);

}  // namespace omnicrm::files
