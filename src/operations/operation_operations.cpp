#include "operations/define.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {

BOOST_DESCRIBE_ENUM(Scope, read, write)

namespace {

struct OperationSummary {
  std::string name;
  std::int64_t version = 1;
  Scope scope = Scope::read;
  std::string summary;
};
BOOST_DESCRIBE_STRUCT(OperationSummary, (), (name, version, scope, summary))

Result<Items<OperationSummary>> list(Session&, const Nothing&) {
  Items<OperationSummary> all;
  for (const Group& group : groups()) {
    for (const Operation& operation : group.operations) {
      all.items.push_back({.name = std::string(operation.name),
                           .version = operation.version,
                           .scope = operation.scope,
                           .summary = std::string(operation.summary)});
    }
  }
  return all;
}

}  // namespace

std::span<const Operation> operation_operations() noexcept {
  static constexpr Operation operations[] = {
      define<list>("operations.list", Scope::read, "Every operation of this library."),
  };
  return operations;
}

}  // namespace omnicrm::operations
