#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

void StatementReturn::operator()(Statement* statement) const noexcept {
  if (owner != nullptr) owner->give_back(statement);
}

}  // namespace omnicrm::storage
