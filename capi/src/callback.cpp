#include "callback.hpp"

namespace omnicrm::capi {

User::~User() {
  if (free_ == nullptr) return;
  if (crm_ != nullptr) {
    call_quietly(*crm_, FrameKind::quiet, this, [this] { free_(user_); });
    return;
  }
  try {
    free_(user_);
  } catch (...) {  // the host's own trouble
  }
}

}  // namespace omnicrm::capi
