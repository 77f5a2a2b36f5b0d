// A normalizer that the host plugged in.
#pragma once

#include <memory>
#include <omnicrm/sync/normalizer.hpp>
#include <string>

#include "callback.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

/// `functions.normalize` is there, `content_type` is checked.
[[nodiscard]] std::shared_ptr<const sync::Normalizer> make_host_normalizer(CrmState& crm,
                                                                           std::string content_type,
                                                                           const ocrm_normalizer& functions,
                                                                           User user);

}  // namespace omnicrm::capi
