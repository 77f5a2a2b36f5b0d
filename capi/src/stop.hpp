// What asks a call to stop: the caller's ocrm_cancel, the CRM being closed, or the call itself.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include "crm_state.hpp"
#include "handle.hpp"
#include "omnicrm.h"

struct ocrm_cancel final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::cancel;
  ocrm_cancel() : Handle(type, true), source(std::stop_source()), token(source->get_token()) {}
  /// For a callback: it can look, not ask.
  explicit ocrm_cancel(std::stop_token given) : Handle(type, false), token(std::move(given)) {}
  std::optional<std::stop_source> source;
  std::stop_token token;
};

namespace omnicrm::capi {

/// Errors: `invalid_argument` for a freed one. NULL: a token that is never requested.
[[nodiscard]] inline Result<std::stop_token> token_of(const ocrm_cancel* cancel) {
  if (cancel == nullptr) return std::stop_token();
  OCRM_ASSIGN(const auto* found, handle_of(cancel, "cancel"));
  return found->token;
}

/// Lives as long as the call.
class Stop {
 public:
  Stop(const CrmState& crm, std::stop_token asked)
      : by_caller_(std::move(asked), Ask{&own_}), by_closing_(crm.closing(), Ask{&own_}) {}

  [[nodiscard]] std::stop_token token() const noexcept { return own_.get_token(); }
  void request() noexcept { own_.request_stop(); }

 private:
  struct Ask {
    std::stop_source* source;
    void operator()() const noexcept { source->request_stop(); }
  };

  std::stop_source own_;
  std::stop_callback<Ask> by_caller_;
  std::stop_callback<Ask> by_closing_;
};

}  // namespace omnicrm::capi
