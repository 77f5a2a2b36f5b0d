#include "providers/files/table_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "core/errors.hpp"
#include "model/json.hpp"
#include "model/json_tape.hpp"
#include "providers/files/csv.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t rows_looked_at = 50;

constexpr std::array<std::string_view, 23> fields = {
    "given_name", "family_name", "additional_name", "prefix",     "suffix",    "display_name", "nickname",
    "email",      "phone",       "organization",    "department", "job_title", "url",          "handle",
    "note",       "birthday",    "anniversary",     "tag",        "uid",       "street",       "locality",
    "region",     "address"};
constexpr std::array<std::string_view, 4> more_fields = {"postal_code", "country", "po_box", "role"};

bool is_field(std::string_view name) {
  return std::find(fields.begin(), fields.end(), name) != fields.end() ||
         std::find(more_fields.begin(), more_fields.end(), name) != more_fields.end();
}

/// The members of an object of texts.
Result<std::map<std::string, std::string>> text_members(const Json& json) {
  std::map<std::string, std::string> members;
  if (json.is_null()) return members;
  OMNICRM_ASSIGN(const JsonTape tape, JsonTape::parse(json.text, "source.column_mapping"));
  if (tape[0].kind != JsonNode::Kind::object) return invalid("source.column_mapping", "is not an object");
  for (std::uint32_t node = 1; node < tape.size(); node = tape[node + 1].next) {
    if (tape[node + 1].kind != JsonNode::Kind::text) {
      return invalid("source.column_mapping", "'" + std::string(tape[node].text) + "' is not a text");
    }
    members.emplace(tape[node].text, tape[node + 1].text);
  }
  return members;
}

/// What the columns are called, each name once.
std::vector<std::string> column_keys(const TableMapping& mapping) {
  std::vector<std::string> keys;
  std::map<std::string_view, int> seen;
  for (const ColumnMapping& column : mapping.columns) {
    const int number = ++seen[column.header];
    keys.push_back(number == 1 ? column.header : column.header + " (" + std::to_string(number) + ")");
  }
  return keys;
}

Result<TableMapping> recognized(const std::string& path) {
  OMNICRM_ASSIGN(CsvReader reader, CsvReader::open(path));
  if (reader.has_header()) return detect_preset(reader.header());
  std::vector<std::vector<std::string>> rows;
  CsvRow row{.fields = {}};
  while (rows.size() < rows_looked_at) {
    OMNICRM_ASSIGN(const bool more, reader.next(row));
    if (!more) break;
    if (row.fields) rows.push_back(*row.fields);
  }
  TableMapping mapping = detect_by_values(rows);
  for (ColumnMapping& column : mapping.columns) {
    if (column.header.empty() && column.column < reader.header().size())
      column.header = reader.header()[column.column];
  }
  return mapping;
}

}  // namespace

std::string field_text(const ColumnMapping& column) {
  if (column.type.empty() || column.field.empty()) return column.field;
  return column.field + ':' + column.type;
}

Result<void> set_field(ColumnMapping& column, std::string_view text) {
  column.type.clear();
  column.field = text;
  if (text.empty() || (text.starts_with("custom:") && text.size() > 7)) return {};
  const std::string_view named = text.starts_with("label:") ? text.substr(6) : text.substr(0, text.find(':'));
  if (!is_field(named)) {
    return invalid("source.column_mapping",
                   "'" + column.header + "': there is no field '" + std::string(text) + "'");
  }
  if (text.starts_with("label:") || named.size() == text.size()) return {};
  column.field = named;
  column.type = text.substr(named.size() + 1);
  return {};
}

Result<void> check_column_mapping(const Json& overrides) {
  OMNICRM_ASSIGN(const auto members, text_members(overrides));
  for (const auto& [name, field] : members) {
    ColumnMapping column;
    column.header = name;
    OMNICRM_TRY(set_field(column, field));
  }
  return {};
}

Result<TableMapping> table_mapping(const std::string& path, const Json& overrides) {
  OMNICRM_ASSIGN(TableMapping mapping, recognized(path));
  OMNICRM_ASSIGN(const auto members, text_members(overrides));
  const std::vector<std::string> keys = column_keys(mapping);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto wanted = members.find(keys[i]);
    if (wanted == members.end() || wanted->second == field_text(mapping.columns[i])) continue;
    OMNICRM_TRY(set_field(mapping.columns[i], wanted->second));
    mapping.columns[i].group = 0;
    mapping.columns[i].reason = "as told";
  }
  return mapping;
}

Json mapping_json(const TableMapping& mapping) {
  std::string out = "{";
  const std::vector<std::string> keys = column_keys(mapping);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) out += ',';
    out.append(json_text(keys[i])).append(":").append(json_text(field_text(mapping.columns[i])));
  }
  return Json{out + '}'};
}

std::string row_json(const TableMapping& mapping, const std::vector<std::string>& row) {
  std::string out = "[";
  for (const ColumnMapping& column : mapping.columns) {
    if (column.column >= row.size() || row[column.column].empty()) continue;
    if (out.size() > 1) out += ',';
    out.append("{\"column\":").append(json_text(column.header));
    out.append(",\"field\":").append(json_text(field_text(column)));
    if (column.group != 0) out.append(",\"group\":").append(std::to_string(column.group));
    out.append(",\"value\":").append(json_text(row[column.column])).append("}");
  }
  return out + ']';
}

Result<TableRow> read_row_json(std::string_view text) {
  OMNICRM_ASSIGN(const JsonTape tape, JsonTape::parse(text, "row"));
  if (tape[0].kind != JsonNode::Kind::array) return invalid("row", "is not an array");
  TableRow row;
  for (std::uint32_t cell = 1; cell < tape.size(); cell = tape[cell].next) {
    if (tape[cell].kind != JsonNode::Kind::object) return invalid("row", "has a cell that is not an object");
    ColumnMapping column;
    column.column = row.cells.size();
    std::string value;
    for (std::uint32_t name = cell + 1; name < tape[cell].next; name = tape[name + 1].next) {
      const std::string_view member = tape[name].text;
      const std::string_view content = tape[name + 1].text;
      if (member == "column") column.header = content;
      if (member == "field") OMNICRM_TRY(set_field(column, content));
      if (member == "value") value = content;
      if (member == "group") std::from_chars(content.data(), content.data() + content.size(), column.group);
    }
    row.mapping.columns.push_back(std::move(column));
    row.cells.push_back(std::move(value));
  }
  return row;
}

}  // namespace omnicrm::files
