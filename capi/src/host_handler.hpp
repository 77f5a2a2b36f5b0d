// A job handler that the host plugged in.
#pragma once

#include <memory>
#include <omnicrm/jobs/handler.hpp>

#include "callback.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

/// Errors: `invalid_argument` names the field.
[[nodiscard]] Result<void> check_handler(const ocrm_job_handler& handler);
/// Checked before.
[[nodiscard]] std::shared_ptr<jobs::Handler> make_host_handler(CrmState& crm, const ocrm_job_handler& handler,
                                                               User user);

}  // namespace omnicrm::capi
