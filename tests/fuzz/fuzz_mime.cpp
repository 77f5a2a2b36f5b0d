// Header, message, separators, HTML to text and splitting, on any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text.hpp"
#include "providers/files/mail_message.hpp"
#include "providers/files/mail_separator.hpp"
#include "sync/normalize/mail_text.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_clean(std::string_view text) {
  return omnicrm::text::is_utf8(text) && text.find('\0') == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnicrm;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = files::parse_mail_header(bytes);
  const auto message =
      files::parse_mail_message(bytes, {.max_depth = 8, .max_parts = 50, .max_text_bytes = 10000});
  require(header.has_value() == message.has_value());
  if (message) {
    require(is_clean(message->plain) && is_clean(message->html) && is_clean(message->header.subject));
    require(message->plain.size() <= 20000);
    require(message->attachments.size() <= 50);
    for (const auto& mailbox : message->header.to)
      require(is_clean(mailbox.name) && is_clean(mailbox.address));
    for (const auto& part : message->attachments)
      require(is_clean(part.text) && is_clean(part.filename) && is_clean(part.content_type) &&
              is_clean(part.content_id));
    require(is_clean(sync::html_to_text(message->html)));
  }
  const std::string text = sync::html_to_text(bytes);
  require(is_clean(text));
  const auto split = sync::split_mail_text(text);
  require(split.body.size() + split.signature.size() + split.quoted.size() <= text.size());
  static_cast<void>(files::is_mbox_separator(bytes.substr(0, size / 2), bytes.substr(size / 2)));
  return 0;
}
