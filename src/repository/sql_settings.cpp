#include "repository/sql_settings.hpp"

#include <date/tz.h>

#include <algorithm>
#include <boost/json.hpp>

#include "core/address.hpp"
#include "model/json.hpp"
#include "model/json_list.hpp"
#include "repository/audit_log.hpp"
#include "repository/custom_fields.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::size_t longest_name = 100;
constexpr std::size_t largest_value = 1 << 20;

Result<void> check_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (name.empty() || name.size() > longest_name) return invalid("name", "must be 1 to 100 bytes");
  if (!std::all_of(name.begin(), name.end(), allowed))
    return invalid("name", "may hold a-z, 0-9, '.', '_' and '-'");
  return {};
}

/// A list of addresses, normalized.
Result<Json> checked_addresses(const Json& value) {
  boost::system::error_code error;
  const boost::json::value list = boost::json::parse(value.text, error);
  if (error || !list.is_array()) return invalid("user.addresses", "must be a list of addresses");
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < list.get_array().size(); ++i) {
    const std::string place = "user.addresses[" + std::to_string(i) + ']';
    const auto* entry = list.get_array()[i].if_string();
    if (entry == nullptr) return invalid(place, "expected text");
    const auto address = parse_address(std::string_view(*entry));
    if (!address) return invalid(place, "is not an e-mail address");
    addresses.push_back(address->normalized);
  }
  return Json{json_list(addresses)};
}

Result<void> check_time_zone(const Json& value) {
  OMNICRM_ASSIGN(const std::string name, json_to_text(value, "user.time_zone"));
  try {
    if (date::locate_zone(name) != nullptr) return {};
  } catch (const std::exception&) {
    // Unknown to the zone database: said below.
  }
  return invalid("user.time_zone", "is not an IANA time zone such as Europe/Dublin");
}

/// Compact; names that the library knows are checked.
Result<Json> checked_setting(std::string_view name, const Json& value) {
  if (value.text.size() > largest_value) return invalid(name, "is over 1 MiB");
  OMNICRM_ASSIGN(Json checked, checked_json(value.text, name));
  if (name == "user.addresses") return checked_addresses(checked);
  if (name == "user.time_zone") OMNICRM_TRY(check_time_zone(checked));
  if (name == custom_fields_setting) OMNICRM_TRY(parse_custom_fields(checked));
  return checked;
}

}  // namespace

Result<Json> SqlSettings::get(std::string_view name) {
  return unit_.read([&](storage::Connection& connection) -> Result<Json> {
    OMNICRM_ASSIGN(
        const auto value,
        storage::query_one<Json>(connection, "SELECT value FROM settings WHERE user_id = ? AND name = ?",
                                 unit_.user(), name));
    return value.value_or(Json{});
  });
}

Result<void> SqlSettings::set(std::string_view name, const Json& value) {
  OMNICRM_TRY(check_name(name));
  const bool removes = value.is_null();
  Json checked;
  if (!removes) {
    OMNICRM_ASSIGN(checked, checked_setting(name, value));
  }
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    if (removes) {
      OMNICRM_TRY(storage::run(connection, "DELETE FROM settings WHERE user_id = ? AND name = ?",
                               unit_.user(), name));
    } else {
      OMNICRM_TRY(storage::run(connection,
                               "INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, ?, ?) "
                               "ON CONFLICT (user_id, name) DO UPDATE "
                               "SET value = excluded.value, updated_at = excluded.updated_at",
                               unit_.user(), name, checked, unit_.now()));
    }
    return audit_change(connection, unit_, "settings.set", "setting", name);
  });
}

Result<std::vector<Setting>> SqlSettings::list() {
  return unit_.read([&](storage::Connection& connection) -> Result<std::vector<Setting>> {
    OMNICRM_ASSIGN(
        auto rows,
        storage::Query::run(connection, "SELECT name, value FROM settings WHERE user_id = ? ORDER BY name",
                            unit_.user()));
    std::vector<Setting> settings;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return settings;
      settings.push_back({rows.get<std::string>(0), rows.get<Json>(1)});
    }
  });
}

}  // namespace omnicrm::repository
