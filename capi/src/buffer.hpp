// Text that the library made, and the one that a callback makes.
#pragma once

#include <string>
#include <utility>

#include "handle.hpp"
#include "omnicrm.h"

struct ocrm_buffer final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::buffer;
  explicit ocrm_buffer(std::string bytes) : Handle(type, true), text(std::move(bytes)) {}
  const std::string text;
};

/// Lives on the library's stack while the callback runs.
struct ocrm_writer final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::writer;
  ocrm_writer() : Handle(type, false) {}
  std::string text;
};

namespace omnicrm::capi {

/// Gives the text away; `out` was checked before.
inline Result<void> give(ocrm_buffer** out, std::string text) {
  *out = new ocrm_buffer(std::move(text));
  return {};
}

}  // namespace omnicrm::capi
