// One RFC 5322 message, read: what normalization and preview need of it, and nothing of GMime.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>

namespace omnicrm::files {

/// An address with its display name, decoded (RFC 2047). `address` is as written, trimmed; group
/// syntax is flattened and empty groups ("undisclosed-recipients:;") give nothing.
struct Mailbox {
  std::string name;
  std::string address;
};

/// What the header alone says; cheap, used by preview.
struct MailHeader {
  std::string message_id;               ///< without angle brackets; empty if absent
  std::vector<std::string> in_reply_to; ///< without angle brackets
  std::vector<std::string> references;  ///< oldest first
  std::string subject;                  ///< decoded, UTF-8, one line
  std::optional<Timestamp> date;        ///< Date header (lenient: RFC 822 years and zone names too)
  std::optional<Timestamp> received;    ///< of the topmost Received header
  std::vector<Mailbox> from, sender, reply_to, to, cc, bcc;
  std::string list_id;                  ///< List-Id, raw value trimmed
  bool list_unsubscribe = false;        ///< List-Unsubscribe present
  std::string precedence;               ///< lower case
  std::string auto_submitted;           ///< lower case, without parameters
  std::vector<std::string> delivered_to;///< Delivered-To / X-Original-To addresses
  std::vector<std::string> labels;      ///< X-Gmail-Labels, decoded and split
  std::string gmail_thread_id;          ///< X-GM-THRID
};

/// A part with a file name or a non-text type.
struct MailAttachment {
  std::string filename;      ///< decoded; empty if none
  std::string content_type;  ///< lower case "type/subtype"
  std::uint64_t bytes = 0;   ///< decoded size
  std::string content_id;    ///< without angle brackets
  bool is_inline = false;
  std::string text;          ///< extracted text for text/* attachments, capped; else empty
  std::string content;       ///< decoded bytes for text/calendar and text/vcard parts only, capped at 1 MiB
};

struct MailMessage {
  MailHeader header;
  std::string plain;  ///< text/plain body (first of an alternative), UTF-8 with LF, empty if none
  std::string html;   ///< text/html body, UTF-8, empty if none
  std::vector<MailAttachment> attachments;
  bool truncated = false;  ///< a limit (nesting depth, parts, decoded size) cut something off
};

struct MailLimits {
  std::uint32_t max_depth = 64;                       ///< multipart nesting
  std::uint32_t max_parts = 1000;
  std::uint64_t max_text_bytes = 4u << 20;            ///< of decoded body text kept
  std::uint64_t max_decoded_bytes = 64u << 20;        ///< of all parts together
};

/// Reads the header of a message. Never throws; errors only for input that is no message at all
/// (`invalid_argument`: empty, or no header line within the first bytes).
[[nodiscard]] Result<MailHeader> parse_mail_header(std::string_view bytes);

/// Reads a whole message within `limits`. Broken charsets, broken encodings and NUL bytes are mended
/// (U+FFFD); what is beyond a limit is left out and `truncated` says so. Text is valid UTF-8 without NUL.
/// Errors as `parse_mail_header`. Thread-safe.
[[nodiscard]] Result<MailMessage> parse_mail_message(std::string_view bytes, const MailLimits& limits = {});

}  // namespace omnicrm::files
