#include "providers/files/file_format.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "providers/files/mail_separator.hpp"

namespace omnicrm::files {
namespace {

struct Magic {
  std::string_view bytes;
  std::string_view what;
};

constexpr std::array<Magic, 6> archives = {{{"PK\x03\x04", "zip"},
                                            {"\x1f\x8b", "gzip"},
                                            {"7z\xbc\xaf\x27\x1c", "7-Zip"},
                                            {"Rar!", "RAR"},
                                            {"BZh", "bzip2"},
                                            {"\xfd"
                                             "7zXZ",
                                             "xz"}}};

std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// RFC 5322 section 2.2.
std::string_view field_name(std::string_view line) noexcept {
  std::size_t end = 0;
  while (end < line.size() && line[end] > ' ' && line[end] < 127 && line[end] != ':') ++end;
  return end < line.size() && line[end] == ':' ? line.substr(0, end) : std::string_view();
}

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view other) { return text::equals_ignoring_case(name, other); });
}

/// A header that says who, and what or when: enough to tell a message from other text with colons.
bool is_message(std::string_view head) {
  bool who = false;
  bool what = false;
  bool first = true;
  while (!head.empty()) {
    const std::string_view line = take_line(head);
    if (line.empty()) break;
    if (!first && (line.front() == ' ' || line.front() == '\t')) continue;
    const std::string_view name = field_name(line);
    if (first && name.empty()) return false;
    first = false;
    who = who || is_any(name, {"From", "Received", "Return-Path", "Delivered-To"});
    what = what || is_any(name, {"Date", "Message-ID", "Subject"});
  }
  return who && what;
}

/// Apple Mail's .emlx: the number of bytes on a line, then the message.
std::string_view without_emlx_length(std::string_view head) {
  const std::string_view whole = head;
  const std::string_view line = text::trim(take_line(head));
  const bool number =
      !line.empty() && line.size() < 20 && line.find_first_not_of("0123456789") == std::string_view::npos;
  return number ? head : whole;
}

bool is_mbox(std::string_view head) {
#if OMNICRM_HAVE_GMIME
  const std::string_view line = take_line(head);
  return is_mbox_separator(line, head);
#else
  // Such a build leaves mail out; it is told apart well enough to say so.
  return head.starts_with("From ") && take_line(head).find(':') != std::string_view::npos;
#endif
}

bool contains_ignoring_case(std::string_view text, std::string_view wanted) {
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
         }) != text.end();
}

FileFormat ignored(std::string note) {
  return {"ignored", std::move(note)};
}

FileFormat by_name(std::string_view name, std::string_view head) {
  const std::string ending = file_ending(name);
  if (ending == "eml" || ending == "emlx") return {"eml", {}};
  if (ending == "csv" || ending == "tsv" || ending == "tab") {
    if (head.find('\0') == std::string_view::npos) return {"csv", {}};
    return ignored("named like a table, but has bytes that are no text");
  }
  if (ending == "mbox" || ending == "mbx") {
    return ignored("named like a mailbox, but does not begin with a \"From \" line");
  }
  if (ending == "ics" || ending == "ical" || ending == "ifb") {
    return ignored("named like a calendar, but has no BEGIN:VCALENDAR");
  }
  if (ending == "vcf" || ending == "vcard") return ignored("named like a card, but has no BEGIN:VCARD");
  if (ending == "msf") return ignored("a mail program's index; the mail is in the file beside it");
  if (ending == "pst" || ending == "ost") {
    return ignored("an Outlook data file: export it as .eml or mbox first");
  }
  return ignored("not a format that is read here (mbox, maildir, eml, ics, vcf, csv)");
}

}  // namespace

FileFormat detect_format(std::string_view name, std::string_view head) {
  if (head.empty()) return file_ending(name) == "eml" ? FileFormat{"eml", {}} : ignored("empty");
  for (const Magic& magic : archives) {
    if (head.starts_with(magic.bytes)) {
      return ignored("an archive (" + std::string(magic.what) + "): unpack it and name the folder");
    }
  }
  std::string_view text = head;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  if (is_mbox(text)) return {"mbox", {}};
  const std::string ending = file_ending(name);
  if (ending != "emlx" && ending != "eml") {
    const std::string_view start = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
    const bool calendar_name = ending == "ics" || ending == "ical" || ending == "ifb";
    const bool card_name = ending == "vcf" || ending == "vcard";
    if (text::starts_with_ignoring_case(start, "BEGIN:VCALENDAR") ||
        (calendar_name && contains_ignoring_case(text, "BEGIN:VCALENDAR"))) {
      return {"ics", {}};
    }
    if (text::starts_with_ignoring_case(start, "BEGIN:VCARD") ||
        (card_name && contains_ignoring_case(text, "BEGIN:VCARD"))) {
      return {"vcf", {}};
    }
    if (ending == "csv" || ending == "tsv" || ending == "tab") return by_name(name, text);
  }
  if (is_message(ending == "emlx" ? without_emlx_length(text) : text)) return {"eml", {}};
  return by_name(name, text);
}

std::string file_ending(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > 6) return {};
  return text::lower_ascii(name.substr(dot + 1));
}

std::string folder_label(std::string_view path) {
  const auto last = [](std::string_view whole) { return whole.substr(whole.rfind('/') + 1); };
  const auto parent = [](std::string_view whole) {
    const std::size_t slash = whole.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : whole.substr(0, slash);
  };
  // Apple Mail: INBOX.mbox/mbox, and INBOX.mbox/<id>/Data/Messages for single messages.
  for (std::string_view above = parent(path); !above.empty(); above = parent(above)) {
    if (last(above).ends_with(".mbox")) {
      path = above;
      break;
    }
  }
  std::string label(last(path));
  if (text::equals_ignoring_case(label, "maildir")) return "INBOX";
  if (label.starts_with('.')) {
    // Maildir++: the folder "Archive/2002" is the directory ".Archive.2002".
    label.erase(0, 1);
    std::replace(label.begin(), label.end(), '.', '/');
  } else if (const std::string ending = file_ending(label); ending == "mbox" || ending == "mbx") {
    label.resize(label.size() - ending.size() - 1);
  }
  return text::squeeze(text::to_utf8(label));
}

}  // namespace omnicrm::files
