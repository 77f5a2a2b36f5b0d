// The custom fields that a user declared (settings `contacts.custom_fields`), and contacts checked against
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

enum class CustomType { text, number, boolean, date, choice };

struct CustomField {
  std::string name;
  CustomType type = CustomType::text;
  bool required = false;
  /// For choices.
  std::vector<std::string> options;
};
using CustomFields = std::vector<CustomField>;

inline constexpr std::string_view custom_fields_setting = "contacts.custom_fields";

/// Errors: `invalid_argument` names the place ("contacts.custom_fields[0].type: ...").
[[nodiscard]] Result<CustomFields> parse_custom_fields(const Json& declaration);

/// Absent when the user declared none: then every object fits.
[[nodiscard]] Result<std::optional<CustomFields>> load_custom_fields(storage::Connection& connection,
                                                                     const Unit& unit);

/// `custom` compact, without nulls. Errors: `invalid_argument` on "custom.<name>".
[[nodiscard]] Result<Json> check_custom(const std::optional<CustomFields>& fields, const Json& custom);
/// What of `custom` fits, for what sources say.
[[nodiscard]] Json fitting_custom(const std::optional<CustomFields>& fields, const Json& custom);

}  // namespace omnicrm::repository
