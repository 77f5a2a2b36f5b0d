// The Message-ID of a message and nothing else: a plan reads it of every message.
#pragma once

#include <string>
#include <string_view>

namespace omnicrm::files {

/// Without angle brackets, the same as `MailHeader::message_id`; empty if there is none.
[[nodiscard]] std::string mail_message_id(std::string_view message);

}  // namespace omnicrm::files
