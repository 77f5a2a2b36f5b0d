#include "providers/files/mail_message_id.hpp"

#include <algorithm>
#include <cstring>

#include "core/text.hpp"
#include "providers/files/mail_header.hpp"

namespace omnicrm::files {
namespace {

constexpr std::string_view field = "message-id";

/// The value behind the colon if `line` starts the field (RFC 5322 section 4.5 allows blanks before it).
std::string_view value_here(std::string_view line) noexcept {
  if (line.size() <= field.size() || !text::starts_with_ignoring_case(line, field)) return {};
  line.remove_prefix(field.size());
  const std::size_t colon = line.find_first_not_of(" \t");
  return colon != std::string_view::npos && line[colon] == ':' ? line.substr(colon + 1) : std::string_view();
}

/// An id that needs no grammar: `<graphic characters>` alone, maybe after a fold.
std::string_view plain_id(std::string_view value) noexcept {
  value = text::trim(value);
  if (value.size() < 3 || value.front() != '<' || value.back() != '>') return {};
  value = value.substr(1, value.size() - 2);
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 127 && c != '<' && c != '>' && c != '"' && c != '(' && c != ')' && c != '\\';
  });
  return plain ? value : std::string_view();
}

}  // namespace

std::string mail_message_id(std::string_view message) {
  std::string_view rest = message;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  rest.remove_prefix(std::min(rest.find_first_not_of("\r\n"), rest.size()));
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == 0 || (end == 1 && rest[0] == '\r')) break;
    if ((rest.front() | 0x20) == 'm') {
      if (const std::string_view value = value_here(rest.substr(0, end)); value.data() != nullptr) {
        // A fold puts the id on the next line (RFC 5322 section 2.2.3).
        const bool folded = end != std::string_view::npos && end + 1 < rest.size() &&
                            (rest[end + 1] == ' ' || rest[end + 1] == '\t');
        if (const std::string_view id = plain_id(value); !folded && !id.empty()) return std::string(id);
        break;
      }
    }
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
    if (rest.empty() || rest.front() == '\n') return {};
  }
  if (rest.empty() || (rest.front() | 0x20) != 'm') return {};
  // Folds, comments, quotes, a missing bracket: what is not plain is the header parser's.
  return read_header(split_message_fields(message)).message_id;
}

}  // namespace omnicrm::files
