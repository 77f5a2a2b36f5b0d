// Who did what, of one user.
#pragma once

#include <string>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/audit.hpp>

namespace omnicrm::repository {

/// @since 0.1
struct AuditFilter {
  std::string operation;   ///< empty: all
  std::string subject_id;  ///< empty: all
  std::optional<BatchId> batch_id;
};

/// The append-only, hash-chained log. Thread-safe. @since 0.1
class Audit {
 public:
  virtual ~Audit() = default;
  /// Newest first.
  virtual Result<Page<AuditEntry>> list(const AuditFilter& filter, const PageRequest& page) = 0;
  /// Reads the whole chain; finds any entry that was altered, removed (at the end too) or moved.
  virtual Result<AuditVerification> verify() = 0;
};

}  // namespace omnicrm::repository
