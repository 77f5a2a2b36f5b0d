// A running job, as its handler in C sees it.
#pragma once

#include <cstdint>
#include <omnicrm/jobs/handler.hpp>
#include <string>

#include "crm_state.hpp"
#include "handle.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

/// A year: longer than anybody waits, and far from the end of the numbers.
inline constexpr std::int64_t longest_ms = 365LL * 24 * 60 * 60 * 1000;

}  // namespace omnicrm::capi

/// Lives on the runner's stack while the handler runs.
struct ocrm_job final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::job;
  ocrm_job(omnicrm::capi::CrmState& a_crm, omnicrm::jobs::Context& a_context)
      : Handle(type, false), crm(a_crm), context(a_context), id(a_context.job().id.to_string()) {}

  omnicrm::capi::CrmState& crm;
  omnicrm::jobs::Context& context;
  const std::string id;
  omnicrm::jobs::Outcome outcome;
};
