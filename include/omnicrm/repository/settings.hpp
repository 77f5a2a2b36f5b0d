// A user's settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>

namespace omnicrm::repository {

/// @since 0.1
struct Setting {
  std::string name;
  Json value;
};

/// Named JSON values of one user. Names the library knows are checked: `user.addresses` (list of the user's own
/// addresses), `contacts.custom_fields` (list of {"name","type","required","options"}; types text, number,
/// boolean, date, choice), `user.time_zone` (IANA). Others belong to the host. @since 0.1
class Settings {
 public:
  virtual ~Settings() = default;
  /// `null` when it was never set.
  virtual Result<Json> get(std::string_view name) = 0;
  /// `null` removes it. Errors: `invalid_argument`.
  virtual Result<void> set(std::string_view name, const Json& value) = 0;
  virtual Result<std::vector<Setting>> list() = 0;
};

}  // namespace omnicrm::repository
