#include "operations/define.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

struct ListAudit : repository::AuditFilter, PageRequest {};
BOOST_DESCRIBE_STRUCT(ListAudit, (repository::AuditFilter, PageRequest), ())

Result<Page<AuditEntry>> list(Session& session, const ListAudit& request) {
  return session.audit().list(request, request);
}
Result<AuditVerification> verify(Session& session, const Nothing&) {
  return session.audit().verify();
}

}  // namespace

std::span<const Operation> audit_operations() noexcept {
  static constexpr Operation operations[] = {
      define<list>("audit.list", Scope::read, "Who did what, newest first, filtered, in pages."),
      define<verify>("audit.verify", Scope::read,
                     "Reads the whole log and finds any entry that was altered, removed or moved."),
  };
  return operations;
}

}  // namespace omnicrm::operations
