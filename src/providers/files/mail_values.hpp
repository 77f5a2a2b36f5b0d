// What header values mean: text, addresses, message ids, dates, types. GMime knows the grammars; this
// file feeds it clean input, and answers the plain cases, which are most, without it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/time.hpp>

#include "providers/files/mail_message.hpp"

namespace omnicrm::files {

/// Unstructured text: unfolded, RFC 2047 words decoded, valid UTF-8, white space squeezed.
[[nodiscard]] std::string decode_text(std::string_view raw);

/// Adds the mailboxes of an address list (RFC 5322 section 3.4), groups flattened.
void append_mailboxes(std::string_view raw, std::vector<Mailbox>& out);

/// The ids in angle brackets, in order; without any bracket, the words that have an '@'.
[[nodiscard]] std::vector<std::string> message_ids(std::string_view raw);

/// RFC 5322 section 3.3 with its obsolete forms; nothing if it cannot be a date.
[[nodiscard]] std::optional<Timestamp> mail_date(std::string_view raw);

/// Content-Type (RFC 2045 section 5), parameters decoded (RFC 2231).
struct ContentType {
  std::string type = "text/plain";  ///< lower case
  std::string charset;
  std::string boundary;
  std::string name;
  bool flowed = false;  ///< format=flowed (RFC 3676)
  bool delsp = false;
};
[[nodiscard]] ContentType content_type(std::string_view raw);

/// Content-Disposition (RFC 2183).
struct Disposition {
  bool is_attachment = false;
  bool is_inline = false;
  std::string filename;
};
[[nodiscard]] Disposition disposition(std::string_view raw);

}  // namespace omnicrm::files
