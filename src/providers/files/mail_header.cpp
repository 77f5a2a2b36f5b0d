#include "providers/files/mail_header.hpp"

#include <algorithm>
#include <array>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "providers/files/mail_charset.hpp"
#include "providers/files/mail_values.hpp"

namespace omnicrm::files {
namespace {

using Reader = void (*)(std::string_view value, MailHeader& out);

/// Takeout writes the labels as comma-separated values, those with a comma in quotes.
std::vector<std::string> split_labels(std::string_view list) {
  std::vector<std::string> labels;
  std::string label;
  bool quoted = false;
  const auto finish = [&] {
    if (std::string clean = text::squeeze(label); !clean.empty()) labels.push_back(std::move(clean));
    label.clear();
  };
  for (const char c : list) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      finish();
    else
      label += c;
  }
  finish();
  return labels;
}

std::string plain_value(std::string_view value) {
  return text::squeeze(undeclared_to_utf8(unfold(value)));
}

void add_delivered_to(std::string_view value, MailHeader& out) {
  std::vector<Mailbox> found;
  append_mailboxes(value, found);
  for (Mailbox& mailbox : found)
    if (std::find(out.delivered_to.begin(), out.delivered_to.end(), mailbox.address) ==
        out.delivered_to.end())
      out.delivered_to.push_back(std::move(mailbox.address));
}

/// Adds to `ids` what it does not have yet; some mailers repeat the header.
void add_ids(std::string_view value, std::vector<std::string>& ids) {
  for (std::string& id : message_ids(value))
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
}

struct Field {
  std::string_view name;
  Reader read;
};

// Where a header may stand only once (RFC 5322 section 3.6) the first one counts; address fields add up.
constexpr std::array kFields = {
    Field{"message-id",
          [](std::string_view value, MailHeader& out) {
            if (!out.message_id.empty()) return;
            std::vector<std::string> ids = message_ids(value);
            out.message_id = ids.empty() ? plain_value(value) : std::move(ids.front());
          }},
    Field{"in-reply-to", [](std::string_view value, MailHeader& out) { add_ids(value, out.in_reply_to); }},
    Field{"references", [](std::string_view value, MailHeader& out) { add_ids(value, out.references); }},
    Field{"subject",
          [](std::string_view value, MailHeader& out) {
            if (out.subject.empty()) out.subject = decode_text(value);
          }},
    Field{"date",
          [](std::string_view value, MailHeader& out) {
            if (!out.date) out.date = mail_date(value);
          }},
    Field{"received",
          [](std::string_view value, MailHeader& out) {
            // RFC 5322 section 3.6.7: the date is what follows the last semicolon.
            const std::size_t semicolon = value.rfind(';');
            if (!out.received && semicolon != std::string_view::npos)
              out.received = mail_date(value.substr(semicolon + 1));
          }},
    Field{"from", [](std::string_view value, MailHeader& out) { append_mailboxes(value, out.from); }},
    Field{"sender", [](std::string_view value, MailHeader& out) { append_mailboxes(value, out.sender); }},
    Field{"reply-to", [](std::string_view value, MailHeader& out) { append_mailboxes(value, out.reply_to); }},
    Field{"to", [](std::string_view value, MailHeader& out) { append_mailboxes(value, out.to); }},
    Field{"cc", [](std::string_view value, MailHeader& out) { append_mailboxes(value, out.cc); }},
    Field{"bcc", [](std::string_view value, MailHeader& out) { append_mailboxes(value, out.bcc); }},
    Field{"list-id",
          [](std::string_view value, MailHeader& out) {
            if (out.list_id.empty()) out.list_id = plain_value(value);
          }},
    Field{"list-unsubscribe", [](std::string_view, MailHeader& out) { out.list_unsubscribe = true; }},
    Field{"precedence",
          [](std::string_view value, MailHeader& out) {
            if (out.precedence.empty()) out.precedence = text::lower_ascii(plain_value(value));
          }},
    Field{"auto-submitted",
          [](std::string_view value, MailHeader& out) {
            if (!out.auto_submitted.empty()) return;
            const std::string_view keyword = value.substr(0, value.find_first_of(";("));
            out.auto_submitted = text::lower_ascii(plain_value(keyword));
          }},
    Field{"delivered-to", add_delivered_to},
    Field{"x-original-to", add_delivered_to},
    Field{"x-gmail-labels",
          [](std::string_view value, MailHeader& out) {
            if (out.labels.empty()) out.labels = split_labels(decode_text(value));
          }},
    Field{"x-gm-thrid",
          [](std::string_view value, MailHeader& out) {
            if (out.gmail_thread_id.empty()) out.gmail_thread_id = plain_value(value);
          }},
};

/// Comparing lengths first passes over most fields at one look.
Reader find_reader(std::string_view name) noexcept {
  for (const Field& field : kFields)
    if (field.name.size() == name.size() && text::equals_ignoring_case(field.name, name)) return field.read;
  return nullptr;
}

}  // namespace

Result<MailFields> message_fields(std::string_view bytes) {
  if (bytes.empty()) return invalid("message", "is empty");
  MailFields fields = split_message_fields(bytes);
  if (fields.fields.empty()) return invalid("message", "has no header line where one must start");
  return fields;
}

MailHeader read_header(const MailFields& fields) {
  MailHeader out;
  for (const MailField& field : fields.fields)
    if (const Reader read = find_reader(field.name)) read(field.value, out);
  return out;
}

}  // namespace omnicrm::files
