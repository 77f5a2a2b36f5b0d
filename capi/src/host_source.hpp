// A source that the host plugged in.
#pragma once

#include <omnicrm/sync/source.hpp>
#include <string>

#include "callback.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

/// Errors: `invalid_argument` for a function that is missing.
[[nodiscard]] Result<void> check_source(const ocrm_source& source);
/// Makes sources of the provider `name`; checked before.
[[nodiscard]] sync::SourceFactory make_source_factory(CrmState& crm, std::string name,
                                                      const ocrm_source& source, User user);

}  // namespace omnicrm::capi
