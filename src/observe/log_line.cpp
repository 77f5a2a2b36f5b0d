#include "observe/log_line.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "core/text.hpp"

namespace omnicrm::observe {
namespace {

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Letter of the escape that C and JSON share; 0: none.
char short_escape(char c) noexcept {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text::is_utf8(text) ? std::string(text) : text::to_utf8(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (const char letter = short_escape(c)) {
      out += '\\';
      out += letter;
    } else if (is_control(c)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ',';
  append_json_text(out, name);
  out += ':';
  append_json_text(out, value);
}

/// Logfmt: bare where it can be.
void append_value(std::string& out, std::string_view value) {
  const bool is_bare = !value.empty() && std::ranges::none_of(value, [](char c) {
    return c == ' ' || c == '"' || c == '=' || c == '\\' || is_control(c);
  });
  if (is_bare) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    append_printable(out, {&c, 1});
  }
  out += '"';
}

}  // namespace

std::string_view level_name(Level level) noexcept {
  constexpr std::array<std::string_view, 4> names = {"debug", "info", "warning", "error"};
  const auto number = static_cast<std::size_t>(level);
  return number < names.size() ? names[number] : names.back();
}

void append_printable(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (const char letter = short_escape(c)) {
      out += '\\';
      out += letter;
    } else if (is_control(c)) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
}

void append_json_members(std::string& out, Level level, std::string_view area, std::string_view message,
                         std::span<const Field> fields) {
  append_member(out, "level", level_name(level));
  append_member(out, "area", area);
  append_member(out, "message", message);
  for (const Field& field : fields) append_member(out, field.name, field.value);
}

std::string with_fields(std::string_view message, std::span<const Field> fields) {
  std::string out;
  append_printable(out, message);
  for (const Field& field : fields) {
    out += ' ';
    append_printable(out, field.name);
    out += '=';
    append_value(out, field.value);
  }
  return out;
}

}  // namespace omnicrm::observe
