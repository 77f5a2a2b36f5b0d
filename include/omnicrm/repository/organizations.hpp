// Organizations, of one user.
#pragma once

#include <optional>
#include <string_view>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/organization.hpp>

namespace omnicrm::repository {

/// Organizations, of one user. Thread-safe; every change is one audited transaction. @since 0.1
class Organizations {
 public:
  virtual ~Organizations() = default;
  /// Errors: `invalid_argument`, `already_exists` (the domain).
  virtual Result<Organization> create(const Organization& draft) = 0;
  virtual Result<Organization> get(OrganizationId id) = 0;
  /// By registrable domain; absent when none.
  virtual Result<std::optional<Organization>> find(std::string_view domain) = 0;
  /// Errors: `conflict` when the stored version is not `changed.version`.
  virtual Result<Organization> update(const Organization& changed) = 0;
  /// Contacts stay and lose the link. `version` 0 deletes any version.
  virtual Result<void> remove(OrganizationId id, std::int64_t version = 0) = 0;
  /// By name; `text`, when given, must occur in name or domain.
  virtual Result<Page<Organization>> list(std::string_view text, const PageRequest& page) = 0;
};

}  // namespace omnicrm::repository
