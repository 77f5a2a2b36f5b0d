#include "providers/files/mail_values.hpp"

#include <algorithm>
#include <cstring>

#include "core/text.hpp"
#include "core/time_range.hpp"
#include "providers/files/gmime_support.hpp"
#include "providers/files/mail_charset.hpp"
#include "providers/files/mail_fields.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t kMaxParameterBytes = 16u << 10;
constexpr std::size_t kMaxIdBytes = 64u << 10;

/// One line, safe to hand to GMime: UTF-8, no NUL.
std::string clean_line(std::string_view raw) {
  std::string line = unfold(raw);
  if (!is_ascii(line) || line.find('\0') != std::string::npos) return undeclared_to_utf8(line);
  return line;
}

std::string decode_words(const std::string& line) {
  const GString_ptr decoded(g_mime_utils_header_decode_text(gmime_options(), line.c_str()));
  return text::to_utf8(view_of(decoded.get()));
}

bool is_name_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
         c == '\'' || c == '-' || c == '_' || c == '.';
}

bool is_address_char(char c) noexcept {
  return (is_name_char(c) && c != ' ') || c == '+' || c == '=' || c == '/';
}

bool is_simple_address(std::string_view address) noexcept {
  const std::size_t at = address.find('@');
  return at != std::string_view::npos && at != 0 && at + 1 != address.size() &&
         std::all_of(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(at), is_address_char) &&
         std::all_of(address.begin() + static_cast<std::ptrdiff_t>(at) + 1, address.end(), is_address_char);
}

/// Reads `a@b`, `<a@b>`, `Name <a@b>` and `"Name" <a@b>` of plain characters; anything else is GMime's.
bool read_simple_mailbox(std::string_view line, Mailbox& out) {
  if (line.empty()) return false;
  if (line.back() != '>') {
    if (!is_simple_address(line)) return false;
    out.address = line;
    return true;
  }
  const std::size_t open = line.find('<');
  if (open == std::string_view::npos) return false;
  const std::string_view address = line.substr(open + 1, line.size() - open - 2);
  if (!is_simple_address(address)) return false;
  std::string_view name = text::trim(line.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
    if (name.find_first_of("\"\\") != std::string_view::npos || name.find("=?") != std::string_view::npos)
      return false;
  } else if (!std::all_of(name.begin(), name.end(), is_name_char)) {
    return false;
  }
  out.name = text::squeeze(name);
  out.address = address;
  return true;
}

/// GMime descends one stack frame for each group that opens, and nothing stops "a:a:a:...". Groups do not
/// nest (RFC 5322 section 3.4), so after the first colons the others cannot matter.
void limit_groups(std::string& line) {
  int colons = 0;
  for (char& c : line)
    if (c == ':' && ++colons > 64) c = ' ';
}

/// GMime gives a tree (groups hold lists); walked without recursion.
void flatten(InternetAddressList* list, std::vector<Mailbox>& out) {
  std::vector<std::pair<InternetAddressList*, int>> open{{list, 0}};
  while (!open.empty()) {
    auto& [current, next] = open.back();
    if (next >= internet_address_list_length(current)) {
      open.pop_back();
      continue;
    }
    InternetAddress* entry = internet_address_list_get_address(current, next++);
    if (INTERNET_ADDRESS_IS_GROUP(entry)) {
      open.emplace_back(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(entry)), 0);
      continue;
    }
    const char* address = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(entry));
    Mailbox mailbox{text::squeeze(text::to_utf8(view_of(internet_address_get_name(entry)))),
                    text::squeeze(text::to_utf8(view_of(address)))};
    if (!mailbox.address.empty()) out.push_back(std::move(mailbox));
  }
}

std::string without_blanks(std::string_view id) {
  std::string out = text::to_utf8(id);
  std::erase_if(out, [](unsigned char c) { return c <= ' '; });
  return out;
}

std::string parameter(const std::string_view value) {
  const std::string clean = text::to_utf8(value);
  // RFC 2047 section 5 forbids encoded words in parameters; Outlook and others write them all the same.
  return text::squeeze(clean.find("=?") == std::string::npos ? clean : decode_words(clean));
}

/// RFC 5322 section 4.3: a year of three digits counts from 1900; programs with the same bug write four
/// ("0102" for 2002). Empty if there is no such year.
std::string with_full_year(std::string line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(" \t,", at);
    if (begin == std::string::npos) break;
    at = std::min(line.find_first_of(" \t,", begin), line.size());
    std::string_view word(line.data() + begin, at - begin);
    if (word.size() == 4 && word.front() == '0') word.remove_prefix(1);
    if (word.size() != 3 || word.front() != '1' || word.find_first_not_of("0123456789") != word.npos)
      continue;
    const int year = 2000 + 10 * (word[1] - '0') + (word[2] - '0');
    return line.replace(begin, at - begin, std::to_string(year));
  }
  return {};
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::string decode_text(std::string_view raw) {
  const std::string line = clean_line(raw);
  return text::squeeze(line.find("=?") == std::string::npos ? line : decode_words(line));
}

void append_mailboxes(std::string_view raw, std::vector<Mailbox>& out) {
  std::string line = clean_line(raw);
  if (line.empty()) return;
  if (Mailbox simple; read_simple_mailbox(line, simple)) {
    out.push_back(std::move(simple));
    return;
  }
  limit_groups(line);
  const GObject_ptr<InternetAddressList> list(internet_address_list_parse(gmime_options(), line.c_str()));
  if (list) flatten(list.get(), out);
}

std::vector<std::string> message_ids(std::string_view raw) {
  // The nearest ancestors stand last, and matter most.
  if (raw.size() > kMaxIdBytes) raw.remove_prefix(raw.size() - kMaxIdBytes);
  std::vector<std::string> ids;
  std::size_t at = 0;
  while ((at = raw.find('<', at)) != std::string_view::npos) {
    const std::size_t end = raw.find_first_of("<>", at + 1);
    const std::string_view inside = raw.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
    if (std::string id = without_blanks(inside); !id.empty()) ids.push_back(std::move(id));
    if (end == std::string_view::npos) break;
    at = end;
  }
  if (!ids.empty()) return ids;
  const std::string line = unfold(raw);
  for (const std::string_view word : text::split(line, ' '))
    if (word.find('@') != std::string_view::npos) ids.push_back(without_blanks(word));
  return ids;
}

std::optional<Timestamp> mail_date(std::string_view raw) {
  const std::string line = clean_line(raw.substr(0, std::min<std::size_t>(raw.size(), 256)));
  if (line.empty()) return std::nullopt;
  initialize_gmime();
  GDateTime* parsed = g_mime_utils_header_decode_date(line.c_str());
  if (parsed == nullptr)
    if (const std::string mended = with_full_year(line); !mended.empty())
      parsed = g_mime_utils_header_decode_date(mended.c_str());
  if (parsed == nullptr) return std::nullopt;
  const gint64 seconds = g_date_time_to_unix(parsed);
  g_date_time_unref(parsed);
  const Timestamp at{std::chrono::seconds(seconds)};
  return is_writable(at) ? std::optional(at) : std::nullopt;
}

ContentType content_type(std::string_view raw) {
  ContentType out;
  const std::string line = clean_line(raw.substr(0, std::min(raw.size(), kMaxParameterBytes)));
  if (line.empty()) return out;
  const GObject_ptr<GMimeContentType> parsed(g_mime_content_type_parse(gmime_options(), line.c_str()));
  if (!parsed) return out;
  const std::string_view media = view_of(g_mime_content_type_get_media_type(parsed.get()));
  const std::string_view subtype = view_of(g_mime_content_type_get_media_subtype(parsed.get()));
  // RFC 2045 section 5.2: what cannot be understood counts as text/plain.
  if (line.find('/') == std::string::npos || media.empty() || subtype.empty()) return out;
  out.type = text::to_utf8(text::lower_ascii(media) + "/" + text::lower_ascii(subtype));
  const auto get = [&](const char* name) {
    return view_of(g_mime_content_type_get_parameter(parsed.get(), name));
  };
  out.charset = get("charset");
  out.boundary = get("boundary");
  out.name = parameter(base_name(get("name")));
  out.flowed = text::equals_ignoring_case(get("format"), "flowed");
  out.delsp = text::equals_ignoring_case(get("delsp"), "yes");
  return out;
}

Disposition disposition(std::string_view raw) {
  Disposition out;
  const std::string line = clean_line(raw.substr(0, std::min(raw.size(), kMaxParameterBytes)));
  if (line.empty()) return out;
  const GObject_ptr<GMimeContentDisposition> parsed(
      g_mime_content_disposition_parse(gmime_options(), line.c_str()));
  if (!parsed) return out;
  const std::string_view kind = view_of(g_mime_content_disposition_get_disposition(parsed.get()));
  out.is_inline = text::equals_ignoring_case(kind, "inline");
  // RFC 2183 section 2.8: unknown kinds count as attachment.
  out.is_attachment = !kind.empty() && !out.is_inline;
  const char* name = g_mime_content_disposition_get_parameter(parsed.get(), "filename");
  out.filename = parameter(base_name(view_of(name)));
  return out;
}

}  // namespace omnicrm::files
