// The audit log, read and verified.
#pragma once

#include <omnicrm/repository/audit.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlAudit final : public Audit {
 public:
  explicit SqlAudit(Unit unit) : unit_(std::move(unit)) {}
  Result<Page<AuditEntry>> list(const AuditFilter& filter, const PageRequest& page) override;
  Result<AuditVerification> verify() override;

 private:
  Unit unit_;
};

}  // namespace omnicrm::repository
