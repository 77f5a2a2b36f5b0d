#include "providers/files/mail_message.hpp"

#include <algorithm>
#include <optional>

#include "core/text.hpp"
#include "providers/files/mail_body.hpp"
#include "providers/files/mail_header.hpp"
#include "providers/files/mail_parts.hpp"
#include "sync/normalize/mail_text.hpp"

namespace omnicrm::files {
namespace {

constexpr std::uint64_t kMaxCalendarBytes = 1u << 20;
constexpr std::uint64_t kEmbeddedHeaderBytes = 64u << 10;
constexpr std::size_t kMaxHeaderCopyBytes = 1u << 20;

/// Mac OS 9 and some gateways end lines with CR alone; such a message is read from a copy with LF.
/// Nothing if the first line ends in any other way.
std::optional<std::string> with_line_feeds(std::string_view bytes) {
  const std::size_t end = bytes.find_first_of("\r\n");
  if (end == std::string_view::npos || bytes[end] != '\r' || end + 1 >= bytes.size() ||
      bytes[end + 1] == '\n')
    return std::nullopt;
  std::string copy(bytes);
  for (std::size_t i = 0; i < copy.size(); ++i)
    if (copy[i] == '\r' && (i + 1 == copy.size() || copy[i + 1] != '\n')) copy[i] = '\n';
  return copy;
}

/// One form of a piece of the body, and the branch of the alternative it came from.
struct Form {
  std::uint32_t branch = 0;
  std::string text;
};

/// What stands for one piece of the body: a text part alone, or an alternative with both of its forms.
struct Piece {
  std::uint32_t alternative = 0;
  std::optional<Form> plain;
  std::optional<Form> html;
};

std::string as_html(std::string_view plain) {
  std::string out = "<pre>";
  for (const char c : plain) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else
      out += c;
  }
  return out += "</pre>";
}

class Reader {
 public:
  Reader(const MailLimits& limits, MailMessage& out) : limits_(limits), out_(out) {}

  void read(const MailFields& fields) {
    MailParts parts = list_parts(fields, limits_);
    out_.truncated = parts.truncated || fields.truncated;
    std::uint64_t decoded = 0;
    for (MailPart& part : parts.leaves) {
      // The encoded size bounds the decoded one, and is known for free.
      decoded += part.body.size();
      if (decoded > limits_.max_decoded_bytes) {
        out_.truncated = true;
        break;
      }
      if (is_body(part))
        add_body(part);
      else
        add_attachment(part);
    }
    join_pieces();
  }

 private:
  static bool is_body(const MailPart& part) {
    if (part.type.type != "text/plain" && part.type.type != "text/html") return false;
    return !part.disposition.is_attachment && part.disposition.filename.empty() && part.type.name.empty();
  }

  void add_body(const MailPart& part) {
    Piece* piece = nullptr;
    if (part.alternative != 0)
      for (Piece& known : pieces_)
        if (known.alternative == part.alternative) piece = &known;
    if (piece == nullptr) piece = &pieces_.emplace_back(Piece{part.alternative, {}, {}});
    const bool is_html = part.type.type == "text/html";
    std::optional<Form>& form = is_html ? piece->html : piece->plain;
    // The same kind again in another branch says the same again; in the same branch (Apple Mail puts
    // pictures between pieces of HTML) it goes on.
    if (form && form->branch != part.branch) return;
    std::string text = take_text(part, is_html ? html_bytes_ : plain_bytes_);
    if (!form) {
      form = Form{part.branch, std::move(text)};
      return;
    }
    if (!is_html && !form->text.empty() && !form->text.ends_with('\n')) form->text += '\n';
    form->text += text;
  }

  /// The text of a part as far as `used` leaves room.
  std::string take_text(const MailPart& part, std::uint64_t& used) {
    Decoded text = part_text(part, limits_.max_text_bytes - std::min(used, limits_.max_text_bytes));
    out_.truncated = out_.truncated || text.truncated;
    used += text.bytes.size();
    return std::move(text.bytes);
  }

  void add_attachment(MailPart& part) {
    MailAttachment& attachment = out_.attachments.emplace_back();
    const std::string& type = part.type.type;
    attachment.filename =
        std::move(part.disposition.filename.empty() ? part.type.name : part.disposition.filename);
    attachment.bytes = decoded_size(part.body, part.encoding);
    if (std::vector<std::string> ids = message_ids(part.content_id); !ids.empty())
      attachment.content_id = std::move(ids.front());
    attachment.is_inline =
        part.disposition.is_inline || (!part.disposition.is_attachment && !attachment.content_id.empty());
    if (type == "text/calendar" || type == "text/vcard" || type == "text/x-vcard") {
      Decoded content = decode_transfer(part.body, part.encoding, kMaxCalendarBytes);
      out_.truncated = out_.truncated || content.truncated;
      attachment.content = std::move(content.bytes);
    }
    if (type.starts_with("text/")) {
      attachment.text = take_text(part, attachment_bytes_);
      if (type == "text/html") attachment.text = sync::html_to_text(attachment.text);
    }
    if (type == "message/rfc822" && attachment.filename.empty()) {
      const Decoded head = decode_transfer(part.body, part.encoding, kEmbeddedHeaderBytes);
      attachment.filename = decode_text(split_message_fields(head.bytes).first("subject"));
    }
    attachment.content_type = type;
  }

  /// Both forms of the body must hold all of it, or be absent: a piece that has no HTML is put into the
  /// HTML as preformatted text, and a piece that has only HTML leaves no plain form.
  void join_pieces() {
    bool any_html = false;
    bool all_plain = true;
    for (const Piece& piece : pieces_) {
      any_html = any_html || piece.html.has_value();
      all_plain = all_plain && piece.plain.has_value();
    }
    for (const Piece& piece : pieces_) {
      if (any_html) out_.html += piece.html ? piece.html->text : as_html(piece.plain->text);
      if (!all_plain) continue;
      if (!out_.plain.empty() && !out_.plain.ends_with('\n')) out_.plain += '\n';
      out_.plain += piece.plain->text;
    }
  }

  const MailLimits& limits_;
  MailMessage& out_;
  std::vector<Piece> pieces_;
  std::uint64_t plain_bytes_ = 0;
  std::uint64_t html_bytes_ = 0;
  std::uint64_t attachment_bytes_ = 0;
};

}  // namespace

Result<MailHeader> parse_mail_header(std::string_view bytes) {
  // Only a header is read, so only as much is copied.
  const std::optional<std::string> copy = with_line_feeds(bytes.substr(0, kMaxHeaderCopyBytes));
  return message_fields(copy ? std::string_view(*copy) : bytes).map(read_header);
}

Result<MailMessage> parse_mail_message(std::string_view bytes, const MailLimits& limits) {
  const std::optional<std::string> copy = with_line_feeds(bytes);
  return message_fields(copy ? std::string_view(*copy) : bytes).map([&](const MailFields& fields) {
    MailMessage out;
    out.header = read_header(fields);
    Reader(limits, out).read(fields);
    return out;
  });
}

}  // namespace omnicrm::files
