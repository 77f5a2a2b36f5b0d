// The text of a mail: HTML to plain text, and body apart from quoted history and signature.
// Pure functions, thread-safe; used by every mail normalizer (files now, Gmail later).
#pragma once

#include <string>
#include <string_view>

namespace omnicrm::sync {

/// Readable plain text of an HTML mail: block structure becomes line breaks, <blockquote> becomes
/// "> " lines, lists get "- ", links keep their text (and the target when the text does not show it),
/// <script>/<style>/<head>/hidden elements and tracking pixels vanish, entities are decoded. Bounded:
/// deep nesting and over-large input are handled without recursion running away. Output is valid UTF-8.
[[nodiscard]] std::string html_to_text(std::string_view html);

/// A mail's text in its three parts; concatenating them in order gives the text's lines back (trimmed).
struct MailText {
  std::string body;       ///< what the sender wrote in this message
  std::string signature;  ///< after "-- " (RFC 3676 section 4.3) or a recognized closing block
  std::string quoted;     ///< quoted history: "> " lines with their attribution, "-----Original Message-----", forwarded headers
};

/// Splits off quoted history and signature. Interleaved answers stay in `body` together with the quoted
/// lines they answer; only the trailing (or, for bottom-posted mail, leading) quoted block is split off.
/// Knows attribution lines of English, German, French, Spanish, Italian, Dutch and Portuguese clients,
/// Outlook's From:/Sent:/To: blocks, Gmail's "On ..., X wrote:", also wrapped over two lines.
[[nodiscard]] MailText split_mail_text(std::string_view text);

}  // namespace omnicrm::sync
