// The host's clock.
#pragma once

#include <memory>
#include <omnicrm/core/clock.hpp>

#include "callback.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

/// `clock.now` is there. A clock that throws is replaced by the system's, for that call.
[[nodiscard]] std::shared_ptr<Clock> make_host_clock(CrmState& crm, const ocrm_clock& clock, User user);

}  // namespace omnicrm::capi
