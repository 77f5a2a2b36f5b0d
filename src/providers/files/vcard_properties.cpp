// The properties of a vCard, one reader each. The table at the end says which.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/core/time.hpp>

#include "core/text.hpp"
#include "providers/files/text_encoding.hpp"
#include "providers/files/vcard.hpp"

namespace omnicrm::files {
namespace {

/// A property with its value decoded to UTF-8; still escaped.
struct Line {
  Property property;
  std::string value;
  std::size_t bytes = 0;  // of the whole line, before a blob was cut
};

/// The card in the making, and the labels of grouped properties ("item1.X-ABLabel").
struct Draft {
  ContactCard card;
  bool is_old = false;  // version 2.1: only ";" is escaped
  std::map<std::string, std::string, std::less<>> labels;
};

bool has_bare(const Property& property, std::string_view word) {
  return std::any_of(property.parameters.begin(), property.parameters.end(), [&](const Parameter& parameter) {
    return parameter.name.empty() && text::equals_ignoring_case(parameter.value, word);
  });
}

std::string decode(const Property& property) {
  const std::string encoding = property.parameter("ENCODING");
  const std::string charset = property.parameter("CHARSET");
  if (text::equals_ignoring_case(encoding, "QUOTED-PRINTABLE") || has_bare(property, "QUOTED-PRINTABLE")) {
    return decode_charset(decode_quoted_printable(property.value), charset);
  }
  return decode_charset(property.value, charset);
}

std::string plain(const Draft& draft, std::string_view value) {
  std::string out;
  if (!draft.is_old) {
    out = unescape_text(value);
  } else {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const char next = i + 1 < value.size() ? value[i + 1] : '\0';
      if (value[i] == '\\' && (next == ';' || next == ',' || next == ':' || next == '\\')) ++i;
      out += value[i];
    }
  }
  std::erase(out, '\r');
  return std::string(text::trim(out));
}

/// The parts of a structured value (N, ADR, ORG), unescaped.
std::vector<std::string> parts(const Draft& draft, std::string_view value) {
  std::vector<std::string> out;
  for (const std::string_view part : split_escaped(value, ';')) out.push_back(plain(draft, part));
  return out;
}

/// A part that may list several ("Philip,Paul"): joined with spaces (vCard 3.0 and later).
std::string name_part(const Draft& draft, std::string_view value) {
  if (draft.is_old) return text::squeeze(plain(draft, value));
  std::string out;
  for (const std::string_view one : split_escaped(value, ',')) {
    if (!out.empty()) out += ' ';
    out += plain(draft, one);
  }
  return text::squeeze(out);
}

int preference_of(const Property& property, const std::vector<std::string>& types) {
  const std::string pref = property.parameter("PREF");
  int value = 0;
  if (std::from_chars(pref.data(), pref.data() + pref.size(), value).ec == std::errc{} && value >= 1 &&
      value <= 100) {
    return value;
  }
  return std::find(types.begin(), types.end(), "pref") != types.end() ? 1 : 0;
}

std::vector<std::string> types_of(const Property& property) {
  std::vector<std::string> types;
  const auto add = [&](std::string_view word) {
    std::string lower = text::lower_ascii(to_clean_utf8(text::trim(word)));
    if (lower.empty() || lower == "internet" || lower == "quoted-printable" || lower == "base64") return;
    if (std::find(types.begin(), types.end(), lower) == types.end()) types.push_back(std::move(lower));
  };
  for (const std::string& word : property.parameter_values("TYPE")) add(word);
  for (const Parameter& parameter : property.parameters) {
    if (parameter.name.empty()) add(parameter.value);
  }
  return types;
}

/// Takes "pref" out of the types once it has become the preference.
CardValue card_value(const Draft& draft, const Property& property, std::string value) {
  CardValue out;
  out.value = std::move(value);
  out.types = types_of(property);
  out.preference = preference_of(property, out.types);
  std::erase(out.types, "pref");
  const auto label = draft.labels.find(text::lower_ascii(property.group));
  if (label != draft.labels.end()) out.label = label->second;
  return out;
}

std::string without_scheme(std::string value, std::string_view scheme) {
  if (text::starts_with_ignoring_case(value, scheme)) value.erase(0, scheme.size());
  return value;
}

void read_full_name(Draft& draft, const Line& line) {
  if (draft.card.full_name.empty()) draft.card.full_name = text::squeeze(plain(draft, line.value));
}

void read_name(Draft& draft, const Line& line) {
  ContactCard& card = draft.card;
  if (!card.family_name.empty() || !card.given_name.empty()) return;
  const auto split = split_escaped(line.value, ';');
  const auto part = [&](std::size_t i) {
    return i < split.size() ? name_part(draft, split[i]) : std::string();
  };
  card.family_name = part(0);
  card.given_name = part(1);
  card.additional_names = part(2);
  card.prefix = part(3);
  card.suffix = part(4);
}

void read_nickname(Draft& draft, const Line& line) {
  if (draft.card.nickname.empty()) {
    draft.card.nickname = text::squeeze(plain(draft, split_escaped(line.value, ',').front()));
  }
}

void read_email(Draft& draft, const Line& line) {
  std::string value = without_scheme(plain(draft, line.value), "mailto:");
  if (!value.empty()) draft.card.emails.push_back(card_value(draft, line.property, std::move(value)));
}

void read_phone(Draft& draft, const Line& line) {
  std::string value = without_scheme(plain(draft, line.value), "tel:");
  if (!value.empty()) draft.card.phones.push_back(card_value(draft, line.property, std::move(value)));
}

void read_url(Draft& draft, const Line& line) {
  std::string value = plain(draft, line.value);
  if (value.empty()) return;
  const std::string service = service_of_url(value);
  if (!service.empty()) draft.card.handles.push_back({service, handle_of_url(value), value});
  draft.card.urls.push_back(card_value(draft, line.property, std::move(value)));
}

/// IMPP:skype:name (RFC 4770), and Apple's X-SERVICE-TYPE beside it.
void read_impp(Draft& draft, const Line& line) {
  std::string value = plain(draft, line.value);
  const std::size_t colon = value.find(':');
  const std::string scheme = colon == std::string::npos ? "" : text::lower_ascii(value.substr(0, colon));
  std::string service = text::lower_ascii(to_clean_utf8(line.property.parameter("X-SERVICE-TYPE")));
  if (service.empty()) service = scheme == "x-apple" ? "" : scheme;
  if (colon != std::string::npos) value.erase(0, colon + 1);
  if (!value.empty()) draft.card.handles.push_back({service, value, ""});
}

/// X-SOCIALPROFILE;TYPE=twitter;X-USER=name:https://... (Apple), SOCIALPROFILE;SERVICE-TYPE=... (RFC 9554).
void read_social(Draft& draft, const Line& line) {
  CardHandle handle;
  handle.url = plain(draft, line.value);
  handle.service = text::lower_ascii(to_clean_utf8(line.property.parameter("SERVICE-TYPE")));
  if (handle.service.empty()) {
    for (const std::string& type : types_of(line.property)) {
      if (type != "pref" && type != "home" && type != "work") handle.service = type;
    }
  }
  if (handle.service.empty()) handle.service = service_of_url(handle.url);
  handle.handle = to_clean_utf8(line.property.parameter("X-USER"));
  if (handle.handle.empty()) handle.handle = to_clean_utf8(line.property.parameter("USERNAME"));
  if (handle.handle.empty()) handle.handle = handle_of_url(handle.url);
  if (handle.url.starts_with("x-apple:")) handle.url.clear();
  if (!handle.handle.empty()) draft.card.handles.push_back(std::move(handle));
}

/// X-TWITTER, X-SKYPE, X-JABBER, ...: the service is in the name.
void read_named_handle(Draft& draft, const Line& line) {
  std::string service = text::lower_ascii(line.property.name.substr(2));
  if (service == "skype-username") service = "skype";
  if (service == "jabber") service = "xmpp";
  std::string value = plain(draft, line.value);
  if (!value.empty()) draft.card.handles.push_back({std::move(service), std::move(value), ""});
}

void read_organization(Draft& draft, const Line& line) {
  const auto values = parts(draft, line.value);
  if (!draft.card.organization.empty()) return;
  draft.card.organization = text::squeeze(values[0]);
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i].empty()) continue;
    if (!draft.card.department.empty()) draft.card.department += ", ";
    draft.card.department += text::squeeze(values[i]);
  }
}

void read_title(Draft& draft, const Line& line) {
  if (draft.card.job_title.empty()) draft.card.job_title = text::squeeze(plain(draft, line.value));
}

void read_role(Draft& draft, const Line& line) {
  if (draft.card.role.empty()) draft.card.role = text::squeeze(plain(draft, line.value));
}

void read_address(Draft& draft, const Line& line) {
  const auto values = parts(draft, line.value);
  const auto part = [&](std::size_t i) { return i < values.size() ? values[i] : std::string(); };
  CardAddress address{part(0), part(1), part(2), part(3), part(4), part(5), part(6), types_of(line.property),
                      ""};
  if (std::all_of(values.begin(), values.end(), [](const std::string& value) { return value.empty(); }))
    return;
  const CardValue labelled = card_value(draft, line.property, "");
  address.label = labelled.label;
  std::erase(address.types, "pref");
  draft.card.addresses.push_back(std::move(address));
}

std::optional<PartialDate> read_date(const Draft& draft, const Line& line) {
  std::optional<PartialDate> date = parse_partial_date(plain(draft, line.value));
  const std::string omitted = line.property.parameter("X-APPLE-OMIT-YEAR");
  // Apple writes a birthday without a year as one in 1604, and says so.
  if (date && date->year && !omitted.empty() && omitted == std::to_string(*date->year)) date->year.reset();
  if (date == PartialDate{}) return std::nullopt;
  return date;
}

void read_birthday(Draft& draft, const Line& line) {
  if (!draft.card.birthday) draft.card.birthday = read_date(draft, line);
  if (!draft.card.birthday && !line.value.empty()) {
    draft.card.custom.push_back({"birthday", plain(draft, line.value)});
  }
}

void read_anniversary(Draft& draft, const Line& line) {
  if (!draft.card.anniversary) draft.card.anniversary = read_date(draft, line);
}

/// Apple and Google: item2.X-ABDATE with item2.X-ABLabel:Anniversary.
void read_labelled_date(Draft& draft, const Line& line) {
  const std::string label = card_value(draft, line.property, "").label;
  if (text::equals_ignoring_case(label, "anniversary")) return read_anniversary(draft, line);
  draft.card.custom.push_back({label.empty() ? "date" : label, plain(draft, line.value)});
}

void read_note(Draft& draft, const Line& line) {
  if (!draft.card.note.empty()) draft.card.note += "\n\n";
  draft.card.note += plain(draft, line.value);
}

void read_categories(Draft& draft, const Line& line) {
  for (const std::string_view part : split_escaped(line.value, ',')) {
    std::string tag = text::squeeze(plain(draft, part));
    if (tag.empty() || tag == "myContacts") continue;  // Google's word for "everybody"
    if (std::find(draft.card.tags.begin(), draft.card.tags.end(), tag) == draft.card.tags.end()) {
      draft.card.tags.push_back(std::move(tag));
    }
  }
}

/// RFC 6350 writes 20020822T123623Z, vCard 3.0 also 2002-08-22T12:36:23Z.
void read_revision(Draft& draft, const Line& line) {
  std::string value = plain(draft, line.value);
  if (value.size() >= 15 && value[8] == 'T' && value.find('-') == std::string::npos) {
    value = value.substr(0, 4) + "-" + value.substr(4, 2) + "-" + value.substr(6, 2) + "T" +
            value.substr(9, 2) + ":" + value.substr(11, 2) + ":" + value.substr(13, 2) + "Z";
  }
  if (value.find('T') != std::string::npos && value.find('Z') == std::string::npos &&
      value.find('+') == std::string::npos) {
    value += 'Z';
  }
  if (auto at = parse_timestamp(value)) draft.card.revision = *at;
}

void read_photo(Draft& draft, const Line& line) {
  const std::string_view value = line.property.value;
  const std::size_t head = line.property.value.data() - line.property.name.data();
  const bool inline_data = text::starts_with_ignoring_case(value, "data:") ||
                           text::starts_with_ignoring_case(line.property.parameter("ENCODING"), "b") ||
                           has_bare(line.property, "BASE64");
  if (!inline_data) return;
  const std::size_t comma = text::starts_with_ignoring_case(value, "data:") ? value.find(',') + 1 : 0;
  const std::size_t kept = base64_size(value.substr(comma));
  // What was cut off is base64 too: three bytes for four characters.
  const std::size_t whole = line.bytes > head + value.size() ? line.bytes - head - value.size() : 0;
  draft.card.photo_bytes = kept + whole * 3 / 4;
}

void read_uid(Draft& draft, const Line& line) {
  draft.card.uid = plain(draft, line.value);
}

void read_kind(Draft& draft, const Line& line) {
  draft.card.kind = text::lower_ascii(plain(draft, line.value));
}

void read_show_as(Draft& draft, const Line& line) {
  if (text::equals_ignoring_case(line.value, "COMPANY")) draft.card.kind = "org";
}

void read_member(Draft& draft, const Line& line) {
  draft.card.members.push_back(plain(draft, line.value));
}

/// X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Bob;1;;;...
void read_android(Draft& draft, const Line& line) {
  const auto values = parts(draft, line.value);
  if (values.size() < 2 || values[1].empty()) return;
  if (values[0].ends_with("/nickname")) {
    if (draft.card.nickname.empty()) draft.card.nickname = values[1];
  } else if (values[0].ends_with("/contact_event") && values.size() > 2 && values[2] == "1") {
    if (!draft.card.anniversary) draft.card.anniversary = parse_partial_date(values[1]);
  } else {
    draft.card.custom.push_back({values[0].substr(values[0].find('/') + 1), values[1]});
  }
}

void read_custom(Draft& draft, const Line& line) {
  std::string value = plain(draft, line.value);
  if (value.empty() || draft.card.custom.size() >= 200) return;
  draft.card.custom.push_back({text::lower_ascii(to_clean_utf8(line.property.name)), std::move(value)});
}

void ignore(Draft&, const Line&) {}

using Reader = void (*)(Draft&, const Line&);

constexpr std::array<std::pair<std::string_view, Reader>, 56> readers{{
    {"FN", read_full_name},
    {"N", read_name},
    {"NICKNAME", read_nickname},
    {"EMAIL", read_email},
    {"TEL", read_phone},
    {"URL", read_url},
    {"IMPP", read_impp},
    {"SOCIALPROFILE", read_social},
    {"X-SOCIALPROFILE", read_social},
    {"X-TWITTER", read_named_handle},
    {"X-SKYPE", read_named_handle},
    {"X-SKYPE-USERNAME", read_named_handle},
    {"X-JABBER", read_named_handle},
    {"X-AIM", read_named_handle},
    {"X-ICQ", read_named_handle},
    {"X-MSN", read_named_handle},
    {"X-YAHOO", read_named_handle},
    {"X-QQ", read_named_handle},
    {"X-GTALK", read_named_handle},
    {"X-GADUGADU", read_named_handle},
    {"ORG", read_organization},
    {"TITLE", read_title},
    {"ROLE", read_role},
    {"ADR", read_address},
    {"BDAY", read_birthday},
    {"ANNIVERSARY", read_anniversary},
    {"X-ANNIVERSARY", read_anniversary},
    {"X-EVOLUTION-ANNIVERSARY", read_anniversary},
    {"X-ABDATE", read_labelled_date},
    {"NOTE", read_note},
    {"CATEGORIES", read_categories},
    {"REV", read_revision},
    {"PHOTO", read_photo},
    {"UID", read_uid},
    {"KIND", read_kind},
    {"X-ADDRESSBOOKSERVER-KIND", read_kind},
    {"X-ABSHOWAS", read_show_as},
    {"MEMBER", read_member},
    {"X-ADDRESSBOOKSERVER-MEMBER", read_member},
    {"X-ANDROID-CUSTOM", read_android},
    {"VERSION", ignore},
    {"PRODID", ignore},
    {"X-ABLABEL", ignore},
    {"X-ABADR", ignore},
    {"LOGO", ignore},
    {"SOUND", ignore},
    {"KEY", ignore},
    {"AGENT", ignore},
    {"LABEL", ignore},
    {"MAILER", ignore},
    {"SORT-STRING", ignore},
    {"CLASS", ignore},
    {"CLIENTPIDMAP", ignore},
    {"SOURCE", ignore},
    {"NAME", ignore},
    {"PROFILE", ignore},
}};

/// _$!<HomePage>!$_ is how Apple writes the labels it knows.
std::string clean_label(std::string label) {
  if (label.starts_with("_$!<") && label.ends_with(">!$_")) label = label.substr(4, label.size() - 8);
  return label;
}

void finish(ContactCard& card) {
  if (card.full_name.empty()) {
    for (const std::string* part :
         {&card.prefix, &card.given_name, &card.additional_names, &card.family_name, &card.suffix}) {
      if (part->empty()) continue;
      if (!card.full_name.empty()) card.full_name += ' ';
      card.full_name += *part;
    }
  }
  if (card.full_name.empty() && card.kind == "org") card.full_name = card.organization;
}

}  // namespace

ContactCard read_vcard(const Component& component) {
  Draft draft;
  draft.card.position = component.position;
  std::vector<Line> lines;
  lines.reserve(component.lines.size());
  for (std::size_t i = 0; i < component.lines.size(); ++i) {
    auto property = parse_property(component.line(i));
    if (!property) continue;
    Line line{std::move(*property), {}, component.lines[i].full_length};
    if (!component.lines[i].blob) line.value = decode(line.property);
    if (line.property.is("VERSION")) {
      draft.card.version = std::string(text::cut(text::trim(line.value), 8));
      draft.is_old = draft.card.version.starts_with("2");
    } else if (line.property.is("X-ABLABEL")) {
      draft.labels[text::lower_ascii(line.property.group)] = clean_label(unescape_text(line.value));
    }
    lines.push_back(std::move(line));
  }
  for (const Line& line : lines) {
    const auto reader = std::find_if(readers.begin(), readers.end(),
                                     [&](const auto& entry) { return line.property.is(entry.first); });
    (reader == readers.end() ? read_custom : reader->second)(draft, line);
  }
  finish(draft.card);
  return std::move(draft.card);
}

}  // namespace omnicrm::files
