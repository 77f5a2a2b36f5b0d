#include "repository/custom_fields.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "core/text.hpp"
#include "model/json.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::size_t most_fields = 200;
constexpr std::size_t longest_name = 100;
constexpr std::size_t largest_custom = 65'536;
constexpr std::array<std::string_view, 5> type_names{"text", "number", "boolean", "date", "choice"};

Result<CustomField> parse_field(const boost::json::value& value, const std::string& place) {
  if (!value.is_object()) return invalid(place, "expected an object");
  CustomField field;
  for (const auto& [key, entry] : value.get_object()) {
    if (key == "name" && entry.is_string()) {
      field.name = std::string(entry.get_string());
    } else if (key == "type" && entry.is_string()) {
      const auto found =
          std::find(type_names.begin(), type_names.end(), std::string_view(entry.get_string()));
      if (found == type_names.end())
        return invalid(place + ".type", "must be text, number, boolean, date or choice");
      field.type = static_cast<CustomType>(found - type_names.begin());
    } else if (key == "required" && entry.is_bool()) {
      field.required = entry.get_bool();
    } else if (key == "options" && entry.is_array()) {
      for (const auto& option : entry.get_array()) {
        if (!option.is_string()) return invalid(place + ".options", "must be a list of texts");
        field.options.emplace_back(option.get_string());
      }
    } else {
      return invalid(place + '.' + std::string(key), "is not known, or has the wrong type");
    }
  }
  if (field.name.empty() || field.name.size() > longest_name)
    return invalid(place + ".name", "must be 1 to 100 bytes");
  if (field.type == CustomType::choice && field.options.empty()) {
    return invalid(place + ".options", "a choice needs at least one");
  }
  return field;
}

/// Empty when the value fits.
std::string misfit(const CustomField& field, const boost::json::value& value) {
  switch (field.type) {
    case CustomType::text:
      return value.is_string() ? "" : "must be text";
    case CustomType::number:
      return value.is_number() ? "" : "must be a number";
    case CustomType::boolean:
      return value.is_bool() ? "" : "must be true or false";
    case CustomType::date:
      return value.is_string() && parse_date(std::string_view(value.get_string()))
                 ? ""
                 : "must be a date YYYY-MM-DD";
    case CustomType::choice:
      return value.is_string() && std::find(field.options.begin(), field.options.end(),
                                            std::string_view(value.get_string())) != field.options.end()
                 ? ""
                 : "must be one of the declared options";
  }
  return "has a type that is not known";
}

std::string misfit(const CustomFields& fields, std::string_view name, const boost::json::value& value) {
  const auto field =
      std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return each.name == name; });
  return field == fields.end() ? "is not declared in contacts.custom_fields" : misfit(*field, value);
}

Json without(boost::json::object object, const std::vector<std::string>& names) {
  for (const std::string& name : names) object.erase(name);
  return Json{boost::json::serialize(object)};
}

}  // namespace

Result<CustomFields> parse_custom_fields(const Json& declaration) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(declaration.text, error);
  const std::string setting(custom_fields_setting);
  if (error || !value.is_array()) return invalid(setting, "must be a list of {\"name\",\"type\"} objects");
  if (value.get_array().size() > most_fields) return invalid(setting, "has more than 200 fields");
  CustomFields fields;
  for (const auto& entry : value.get_array()) {
    const std::string place = setting + '[' + std::to_string(fields.size()) + ']';
    OMNICRM_ASSIGN(CustomField field, parse_field(entry, place));
    for (const CustomField& other : fields) {
      if (other.name == field.name) return invalid(place + ".name", "is declared twice");
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<std::optional<CustomFields>> load_custom_fields(storage::Connection& connection, const Unit& unit) {
  OMNICRM_ASSIGN(
      const std::optional<Json> declaration,
      storage::query_one<Json>(connection, "SELECT value FROM settings WHERE user_id = ? AND name = ?",
                               unit.user(), custom_fields_setting));
  if (!declaration || declaration->is_null()) return std::optional<CustomFields>{};
  OMNICRM_ASSIGN(CustomFields fields, parse_custom_fields(*declaration));
  return std::optional<CustomFields>(std::move(fields));
}

Result<Json> check_custom(const std::optional<CustomFields>& fields, const Json& custom) {
  if (custom.is_null() || custom.text == "{}") {
    if (!fields) return Json::object();
  }
  if (custom.text.size() > largest_custom) return invalid("custom", "is over 64 KiB");
  OMNICRM_ASSIGN(const Json checked, checked_json(custom.is_null() ? "{}" : custom.text, "custom"));
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(checked.text, error);
  if (error || !value.is_object()) return invalid("custom", "must be a JSON object");
  const boost::json::object& object = value.get_object();
  std::vector<std::string> nulls;
  for (const auto& [name, entry] : object) {
    if (entry.is_null()) {
      nulls.emplace_back(name);
    } else if (fields) {
      if (std::string reason = misfit(*fields, name, entry); !reason.empty()) {
        return invalid("custom." + std::string(name), reason);
      }
    }
  }
  for (const CustomField& field : fields.value_or(CustomFields{})) {
    const boost::json::value* entry = object.if_contains(field.name);
    if (field.required && (entry == nullptr || entry->is_null())) {
      return invalid("custom." + field.name, "is required");
    }
  }
  return nulls.empty() ? checked : without(object, nulls);
}

Json fitting_custom(const std::optional<CustomFields>& fields, const Json& custom) {
  if (custom.is_null() || custom.text == "{}" || custom.text.size() > largest_custom) return Json::object();
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(custom.text, error);
  if (error || !value.is_object()) return Json::object();
  std::vector<std::string> misfits;
  for (const auto& [name, entry] : value.get_object()) {
    if (entry.is_null() || (fields && !misfit(*fields, name, entry).empty())) misfits.emplace_back(name);
  }
  return without(value.get_object(), misfits);
}

}  // namespace omnicrm::repository
