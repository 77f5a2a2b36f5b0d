#include "providers/files/csv_mapping.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "providers/files/csv_presets.hpp"

namespace omnicrm::files {
namespace {

bool has(const std::vector<std::string>& names, std::string_view wanted) {
  return std::find(names.begin(), names.end(), wanted) != names.end();
}

/// Which program wrote this header, by columns that only it has.
const CsvPreset* find_preset(const std::vector<std::string>& names) {
  for (const CsvPreset& preset : csv_presets()) {
    if (std::all_of(preset.marks.begin(), preset.marks.end(),
                    [&](std::string_view mark) { return has(names, mark); })) {
      return &preset;
    }
  }
  return nullptr;
}

/// "e mail 2 value" -> {"e mail # value", 2}: numbered columns are one rule.
std::pair<std::string, int> without_number(const std::string& name) {
  std::string out;
  int number = 0;
  for (const char c : name) {
    if (c >= '0' && c <= '9') {
      if (number < 1000) number = number * 10 + (c - '0');
      if (out.empty() || out.back() != '#') out += '#';
    } else {
      out += c;
    }
  }
  return {out, number};
}

const CsvRule* find_rule(std::span<const CsvRule> rules, std::string_view name) {
  const auto at =
      std::find_if(rules.begin(), rules.end(), [&](const CsvRule& rule) { return rule.name == name; });
  return at == rules.end() ? nullptr : &*at;
}

ColumnMapping map_column(std::size_t column, const std::string& header, const CsvPreset* preset) {
  ColumnMapping out{column, header, {}, {}, 0, {}};
  const std::string name = csv_column_name(header);
  const auto [numbered, number] = without_number(name);
  const CsvRule* rule = preset == nullptr ? nullptr : find_rule(preset->rules, name);
  if (rule == nullptr && preset != nullptr) rule = find_rule(preset->rules, numbered);
  if (rule != nullptr) {
    out.reason = std::string(preset->title);
  } else {
    rule = find_rule(csv_synonyms(), name);
    if (rule == nullptr) rule = find_rule(csv_synonyms(), numbered);
    out.reason = "named like a field";
  }
  if (rule == nullptr) {
    out.field = "custom:" + (name.empty() ? "column " + std::to_string(column + 1) : header);
    out.reason = "no such field: kept as custom";
    return out;
  }
  out.field = std::string(rule->field);
  out.type = std::string(rule->type);
  out.group = number;
  if (out.field.empty()) out.reason += ": says nothing about the person, left out";
  return out;
}

/// The card in the making.
struct Draft {
  ContactCard card;
  std::map<std::pair<std::string, int>, CardAddress> addresses;
  std::map<std::pair<std::string, int>, std::string> labels;
};

/// Google puts several into one cell, with " ::: " between them.
std::vector<std::string> values_of(std::string_view cell) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t at = cell.find(" ::: ");
    std::string value(text::trim(cell.substr(0, at)));
    if (!value.empty()) out.push_back(std::move(value));
    if (at == std::string_view::npos) return out;
    cell.remove_prefix(at + 5);
  }
}

/// "* Work" (Google: the first choice), "Work" -> "work".
std::string type_of(std::string label, bool& preferred) {
  if (label.starts_with("* ")) {
    preferred = true;
    label.erase(0, 2);
  }
  label = text::lower_ascii(text::trim(label));
  return label == "mobile" ? "cell" : label;
}

CardValue value_with_type(const Draft& draft, const ColumnMapping& column, std::string value) {
  CardValue out;
  out.value = std::move(value);
  std::string type = column.type;
  bool preferred = false;
  const auto label = draft.labels.find({column.field, column.group});
  if (type.empty() && label != draft.labels.end()) type = type_of(label->second, preferred);
  if (!type.empty()) out.types.push_back(std::move(type));
  if (preferred) out.preference = 1;
  return out;
}

void set_once(std::string& field, const std::string& value) {
  if (field.empty()) field = text::squeeze(value);
}

std::string* plain_field(ContactCard& card, std::string_view field) {
  const std::array<std::pair<std::string_view, std::string*>, 11> fields{{
      {"given_name", &card.given_name},
      {"family_name", &card.family_name},
      {"additional_name", &card.additional_names},
      {"prefix", &card.prefix},
      {"suffix", &card.suffix},
      {"display_name", &card.full_name},
      {"nickname", &card.nickname},
      {"organization", &card.organization},
      {"department", &card.department},
      {"job_title", &card.job_title},
      {"uid", &card.uid},
  }};
  for (const auto& [name, to] : fields) {
    if (name == field) return to;
  }
  return nullptr;
}

std::string* address_part(CardAddress& address, std::string_view field) {
  if (field == "street" || field == "address") return &address.street;
  if (field == "locality") return &address.locality;
  if (field == "region") return &address.region;
  if (field == "postal_code") return &address.postal_code;
  if (field == "country") return &address.country;
  if (field == "po_box") return &address.po_box;
  return nullptr;
}

void put_handle(Draft& draft, const ColumnMapping& column, const std::string& value) {
  const bool is_url = value.find("://") != std::string::npos || value.find(".com/") != std::string::npos;
  std::string service = column.type.empty() && is_url ? service_of_url(value) : column.type;
  const auto label = draft.labels.find({column.field, column.group});
  if (service.empty() && label != draft.labels.end()) service = text::lower_ascii(text::trim(label->second));
  std::string handle = is_url ? handle_of_url(value) : value;
  if (handle.starts_with("@")) handle.erase(0, 1);
  draft.card.handles.push_back({std::move(service), std::move(handle), is_url ? value : ""});
}

void put_tags(Draft& draft, std::string_view value) {
  std::string copy(value);
  std::replace(copy.begin(), copy.end(), ';', ',');
  for (const std::string_view part : text::split(copy, ',')) {
    std::string tag = text::squeeze(part);
    if (tag.starts_with("* ")) tag.erase(0, 2);  // Google's own groups: "* myContacts"
    if (!tag.empty() && tag != "myContacts" && !has(draft.card.tags, tag))
      draft.card.tags.push_back(std::move(tag));
  }
}

/// "3/15/1985" as Outlook writes it in the United States, "15.03.1985" in Germany, else ISO.
std::optional<PartialDate> date_of(const std::string& value) {
  if (auto date = parse_partial_date(value)) return date;
  const char separator = value.find('.') != std::string::npos ? '.' : '/';
  const auto parts = text::split(value, separator);
  if (parts.size() != 3 || parts[2].size() != 4 || parts[0].empty() || parts[1].empty()) return std::nullopt;
  const auto two = [](std::string_view part) {
    return part.size() == 1 ? "0" + std::string(part) : std::string(part);
  };
  const std::string first = two(parts[0]);
  const std::string second = two(parts[1]);
  if (separator == '.' || first > "12")
    return parse_partial_date(std::string(parts[2]) + "-" + second + "-" + first);
  return parse_partial_date(std::string(parts[2]) + "-" + first + "-" + second);
}

void put_date(Draft& draft, const ColumnMapping& column, const std::string& value) {
  if (value.starts_with("0/0/")) return;  // Outlook's "none"
  auto& date = column.field == "birthday" ? draft.card.birthday : draft.card.anniversary;
  if (!date) date = date_of(value);
  if (!date) draft.card.custom.push_back({column.field, value});
}

void put_value(Draft& draft, const ColumnMapping& column, const std::string& value) {
  const std::string_view field = column.field;
  if (field == "email") {
    draft.card.emails.push_back(value_with_type(draft, column, value));
  } else if (field == "phone") {
    draft.card.phones.push_back(value_with_type(draft, column, value));
  } else if (field == "url") {
    const std::string service = service_of_url(value);
    if (!service.empty()) draft.card.handles.push_back({service, handle_of_url(value), value});
    draft.card.urls.push_back(value_with_type(draft, column, value));
  } else if (field == "handle") {
    put_handle(draft, column, value);
  } else if (field.starts_with("custom:")) {
    draft.card.custom.push_back({std::string(field.substr(7)), value});
  }
}

void put_cell(Draft& draft, const ColumnMapping& column, const std::string& cell) {
  const std::string_view field = column.field;
  const std::string value(text::trim(cell));
  if (field.empty() || field.starts_with("label:") || value.empty()) return;
  if (std::string* plain = plain_field(draft.card, field)) return set_once(*plain, value);
  if (field == "tag") return put_tags(draft, value);
  if (field == "birthday" || field == "anniversary") return put_date(draft, column, value);
  if (field == "note") {
    if (!draft.card.note.empty()) draft.card.note += "\n\n";
    draft.card.note += value;
    return;
  }
  CardAddress scratch;
  if (address_part(scratch, field) != nullptr) {
    std::string& part = *address_part(draft.addresses[{column.type, column.group}], field);
    if (!part.empty()) part += ", ";
    part += value;
    return;
  }
  for (const std::string& one : values_of(value)) put_value(draft, column, one);
}

}  // namespace

std::string csv_column_name(std::string_view header) {
  std::string out;
  for (const char c : text::fold(header)) {
    const bool word =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80) != 0;
    if (word) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool TableMapping::has_people() const noexcept {
  return std::any_of(columns.begin(), columns.end(), [](const ColumnMapping& column) {
    const std::string& field = column.field;
    return field == "email" || field == "phone" || field == "display_name" || field == "given_name" ||
           field == "family_name" || field == "handle" || field == "organization";
  });
}

TableMapping detect_preset(const std::vector<std::string>& header) {
  std::vector<std::string> names;
  names.reserve(header.size());
  for (const std::string& one : header) names.push_back(csv_column_name(one));
  const CsvPreset* preset = find_preset(names);
  TableMapping out;
  out.preset = preset == nullptr ? "generic" : std::string(preset->name);
  for (std::size_t i = 0; i < header.size(); ++i) out.columns.push_back(map_column(i, header[i], preset));
  return out;
}

TableMapping detect_by_values(const std::vector<std::vector<std::string>>& rows) {
  TableMapping out;
  out.preset = "generic";
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.size());
  bool named = false;
  for (std::size_t column = 0; column < width; ++column) {
    std::size_t filled = 0, addresses = 0, links = 0, numbers = 0;
    for (const auto& row : rows) {
      const std::string_view value = column < row.size() ? text::trim(row[column]) : std::string_view{};
      if (value.empty()) continue;
      ++filled;
      if (value.find("://") != std::string_view::npos) {
        ++links;
      } else if (value.find('@') != std::string_view::npos && value.find(' ') == std::string_view::npos) {
        ++addresses;
      } else if (value.size() >= 6 &&
                 value.find_first_not_of("+0123456789 ()/-.") == std::string_view::npos) {
        ++numbers;
      }
    }
    ColumnMapping mapping{
        column, "column " + std::to_string(column + 1), {}, {}, 0, "its values look like it"};
    if (filled > 0 && addresses * 2 > filled) {
      mapping.field = "email";
    } else if (filled > 0 && links * 2 > filled) {
      mapping.field = "url";
    } else if (filled > 0 && numbers * 2 > filled) {
      mapping.field = "phone";
    } else if (filled > 0 && !named) {
      mapping.field = "display_name";
      mapping.reason = "the first column of words";
      named = true;
    } else {
      mapping.field = "custom:" + mapping.header;
      mapping.reason = "nothing says what it is: kept as custom";
    }
    out.columns.push_back(std::move(mapping));
  }
  return out;
}

ContactCard apply_mapping(const TableMapping& mapping, const std::vector<std::string>& row) {
  Draft draft;
  for (const ColumnMapping& column : mapping.columns) {
    if (column.column < row.size() && column.field.starts_with("label:")) {
      draft.labels[{column.field.substr(6), column.group}] = row[column.column];
    }
  }
  for (const ColumnMapping& column : mapping.columns) {
    if (column.column < row.size()) put_cell(draft, column, row[column.column]);
  }
  for (auto& [key, address] : draft.addresses) {
    std::string type = key.first;
    bool preferred = false;
    const auto label = draft.labels.find({"address", key.second});
    if (type.empty() && label != draft.labels.end()) type = type_of(label->second, preferred);
    if (!type.empty()) address.types.push_back(std::move(type));
    draft.card.addresses.push_back(std::move(address));
  }
  ContactCard& card = draft.card;
  if (card.full_name.empty()) {
    for (const std::string* part :
         {&card.prefix, &card.given_name, &card.additional_names, &card.family_name, &card.suffix}) {
      if (part->empty()) continue;
      if (!card.full_name.empty()) card.full_name += ' ';
      card.full_name += *part;
    }
  }
  return std::move(draft.card);
}

}  // namespace omnicrm::files
