// A user's settings, over SQL.
#pragma once

#include <omnicrm/repository/settings.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlSettings final : public Settings {
 public:
  explicit SqlSettings(Unit unit) : unit_(std::move(unit)) {}
  Result<Json> get(std::string_view name) override;
  Result<void> set(std::string_view name, const Json& value) override;
  Result<std::vector<Setting>> list() override;

 private:
  Unit unit_;
};

}  // namespace omnicrm::repository
