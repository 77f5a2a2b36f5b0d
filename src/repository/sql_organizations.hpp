// Organizations, over SQL.
#pragma once

#include <omnicrm/repository/organizations.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlOrganizations final : public Organizations {
 public:
  explicit SqlOrganizations(Unit unit) : unit_(std::move(unit)) {}
  Result<Organization> create(const Organization& draft) override;
  Result<Organization> get(OrganizationId id) override;
  Result<std::optional<Organization>> find(std::string_view domain) override;
  Result<Organization> update(const Organization& changed) override;
  Result<void> remove(OrganizationId id, std::int64_t version) override;
  Result<Page<Organization>> list(std::string_view text, const PageRequest& page) override;

 private:
  Unit unit_;
};

}  // namespace omnicrm::repository
