#include "providers/files/mail_fields.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t kMaxFields = 4096;
constexpr std::size_t kMaxValueBytes = 256u << 10;

/// Length of the field name at the start of `line`, 0 if there is none.
std::size_t field_name_length(std::string_view line) noexcept {
  std::size_t end = 0;
  while (end < line.size() && line[end] > ' ' && line[end] < 127 && line[end] != ':') ++end;
  if (end == 0) return 0;
  // RFC 5322 section 4.5: obsolete syntax allows blanks before the colon.
  std::size_t colon = end;
  while (colon < line.size() && (line[colon] == ' ' || line[colon] == '\t')) ++colon;
  return colon < line.size() && line[colon] == ':' ? end : 0;
}

/// Takes one line off the front, without its line end.
std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? rest.substr(rest.size()) : rest.substr(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

}  // namespace

std::string_view MailFields::first(std::string_view name) const noexcept {
  for (const MailField& field : fields)
    if (text::equals_ignoring_case(field.name, name)) return field.value;
  return {};
}

bool starts_like_field(std::string_view line) noexcept {
  return field_name_length(line) != 0;
}

MailFields split_fields(std::string_view entity) {
  MailFields out;
  out.fields.reserve(32);
  std::string_view rest = entity;
  bool keeps_last = false;  // whether a continuation line belongs to the last field stored
  while (!rest.empty()) {
    const std::string_view from_here = rest;
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    if (is_blank(line.front())) {
      if (keeps_last) {
        std::string_view& value = out.fields.back().value;
        value = std::string_view(value.data(),
                                 static_cast<std::size_t>(line.data() + line.size() - value.data()));
      }
      continue;
    }
    const std::size_t name = field_name_length(line);
    if (name == 0) {
      keeps_last = false;
      if (rest.empty() || !(starts_like_field(rest) || is_blank(rest.front()))) {
        rest = from_here;
        break;
      }
      continue;
    }
    keeps_last = out.fields.size() < kMaxFields;
    if (keeps_last)
      out.fields.push_back({line.substr(0, name), line.substr(line.find(':', name) + 1)});
    else
      out.truncated = true;
  }
  out.body = rest;
  return out;
}

MailFields split_message_fields(std::string_view message) {
  if (message.starts_with("\xEF\xBB\xBF")) message.remove_prefix(3);
  while (!message.empty() && (message.front() == '\n' || message.front() == '\r')) message.remove_prefix(1);
  if (message.starts_with("From ")) take_line(message);
  return split_fields(message);
}

std::string unfold(std::string_view value) {
  value = text::trim(value.substr(0, std::min(value.size(), kMaxValueBytes)));
  std::string out;
  out.reserve(value.size());
  while (true) {
    const std::size_t end = value.find('\n');
    std::string_view line = value.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    out += line;
    if (end == std::string_view::npos) return out;
    value.remove_prefix(end + 1);
  }
}

}  // namespace omnicrm::files
