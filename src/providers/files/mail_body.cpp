#include "providers/files/mail_body.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "providers/files/mail_charset.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t kChunk = 16u << 10;

GMimeContentEncoding encoding_of(std::string_view name) {
  // Trailing comments and parameters ("7bit; x") occur; the first word decides.
  name = name.substr(0, name.find_first_of(" \t;(\r\n"));
  if (text::equals_ignoring_case(name, "base64")) return GMIME_CONTENT_ENCODING_BASE64;
  if (text::equals_ignoring_case(name, "quoted-printable")) return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
  for (const std::string_view alias : {"x-uuencode", "uuencode", "x-uue"})
    if (text::equals_ignoring_case(name, alias)) return GMIME_CONTENT_ENCODING_UUENCODE;
  return GMIME_CONTENT_ENCODING_DEFAULT;
}

/// Calls `take(view)` with each decoded chunk until it says false.
template <class Take>
void decode_chunks(std::string_view body, GMimeContentEncoding encoding, Take take) {
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, encoding);
  // GMime's decoders write at most 3 bytes per 2 given, plus what they held back.
  std::array<char, 2 * kChunk + 64> out;
  while (!body.empty()) {
    const std::string_view chunk = body.substr(0, kChunk);
    const std::size_t written = g_mime_encoding_step(&state, chunk.data(), chunk.size(), out.data());
    if (!take(std::string_view(out.data(), written))) return;
    body.remove_prefix(chunk.size());
  }
  const std::size_t written = g_mime_encoding_flush(&state, "", 0, out.data());
  take(std::string_view(out.data(), written));
}

/// The first bytes of an HTML part may name the charset that the header does not.
std::string_view html_charset(std::string_view html) {
  const std::string_view head = html.substr(0, 1024);
  for (std::size_t at = 0; (at = head.find_first_of("cC", at)) != std::string_view::npos; ++at) {
    if (!text::starts_with_ignoring_case(head.substr(at), "charset=")) continue;
    std::string_view value = head.substr(at + 8);
    while (!value.empty() && (value.front() == '"' || value.front() == '\'' || value.front() == ' '))
      value.remove_prefix(1);
    return value.substr(0, value.find_first_of("\"'> ;/"));
  }
  return {};
}

void newlines_to_lf(std::string& text) {
  std::size_t from = text.find('\r');
  if (from == std::string::npos) return;
  std::size_t to = from;
  for (; from < text.size(); ++from) {
    if (text[from] != '\r')
      text[to++] = text[from];
    else if (from + 1 >= text.size() || text[from + 1] != '\n')
      text[to++] = '\n';
  }
  text.resize(to);
}

}  // namespace

Decoded decode_transfer(std::string_view body, std::string_view encoding, std::uint64_t limit) {
  Decoded out;
  const GMimeContentEncoding kind = encoding_of(encoding);
  if (kind == GMIME_CONTENT_ENCODING_DEFAULT) {
    out.truncated = body.size() > limit;
    out.bytes = body.substr(0, limit);
    return out;
  }
  out.bytes.reserve(std::min<std::uint64_t>(body.size(), limit));
  decode_chunks(body, kind, [&](std::string_view chunk) {
    const std::size_t room = limit - out.bytes.size();
    out.bytes.append(chunk.substr(0, room));
    out.truncated = chunk.size() > room;
    return !out.truncated;
  });
  return out;
}

std::uint64_t decoded_size(std::string_view body, std::string_view encoding) {
  const GMimeContentEncoding kind = encoding_of(encoding);
  if (kind == GMIME_CONTENT_ENCODING_DEFAULT) return body.size();
  std::uint64_t size = 0;
  decode_chunks(body, kind, [&](std::string_view chunk) {
    size += chunk.size();
    return true;
  });
  return size;
}

Decoded part_text(const MailPart& part, std::uint64_t limit) {
  Decoded out = decode_transfer(part.body, part.encoding, limit);
  std::string_view charset = part.type.charset;
  if (charset.empty() && part.type.type == "text/html") charset = html_charset(out.bytes);
  std::string text = charset_to_utf8(out.bytes, charset);
  newlines_to_lf(text);
  if (part.type.flowed && part.type.type == "text/plain") text = join_flowed(text, part.type.delsp);
  if (text.size() > limit) {
    out.truncated = true;
    text.resize(text::cut(text, limit).size());
  }
  out.bytes = std::move(text);
  return out;
}

std::string join_flowed(std::string_view text, bool delsp) {
  std::string out;
  out.reserve(text.size());
  std::size_t open_depth = 0;  // quote depth of the paragraph that the last line left open
  bool open = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t depth = std::min(line.find_first_not_of('>'), line.size());
    line.remove_prefix(depth);
    if (line.starts_with(' ')) line.remove_prefix(1);  // space-stuffing, section 4.4
    const bool is_signature_mark = line == "-- ";      // section 4.3: never flowed
    if (open && (depth != open_depth || is_signature_mark)) {
      out += '\n';
      open = false;
    }
    if (!open && depth != 0) out.append(depth, '>') += ' ';
    open = line.ends_with(' ') && !is_signature_mark;
    open_depth = depth;
    if (open && delsp) line.remove_suffix(1);
    out += line;
    if (!open) out += '\n';
  }
  if (open) out += '\n';
  return out;
}

}  // namespace omnicrm::files
