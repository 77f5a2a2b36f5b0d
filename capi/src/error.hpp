// Errors as handles.
#pragma once

#include <cstdint>
#include <omnicrm/core/result.hpp>
#include <utility>

#include "handle.hpp"
#include "omnicrm.h"

struct ocrm_error final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::error;
  explicit ocrm_error(omnicrm::Error error, bool owned = true)
      : Handle(type, owned), value(std::move(error)) {}
  omnicrm::Error value;
};

namespace omnicrm::capi {

/// Puts the error into `*err`, when somebody wants it, and gives its status.
int32_t give_error(ocrm_error** err, Error error) noexcept;
/// The same for what is being thrown: call it in a catch block.
int32_t give_thrown(ocrm_error** err) noexcept;
/// What is being thrown, as an error: call it in a catch block. `who` threw it ("a callback").
[[nodiscard]] Error thrown_error(const char* who);

/// What a callback came to: its status, and the error that it may have left, which is freed.
[[nodiscard]] Result<void> callback_result(int32_t status, ocrm_error* left);

}  // namespace omnicrm::capi
