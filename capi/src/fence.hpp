// The one wrapper around every body: nothing that is thrown leaves the library.
#pragma once

#include <cstdint>
#include <utility>

#include "error.hpp"
#include "frame.hpp"

namespace omnicrm::capi {

#ifdef OMNICRM_C_TEST_HOOK
/// Called inside the wrapper of every function; the tests throw from it. Only in the library that they link.
using FenceHook = void (*)();
extern FenceHook fence_hook;
inline void run_fence_hook() {
  if (fence_hook != nullptr) fence_hook();
}
#else
inline void run_fence_hook() {}
#endif

/// Runs the body of a function that gives a status. Inlined, so that the frame is the function's own.
template <class Body>
[[gnu::always_inline]] inline int32_t fence(ocrm_error** err, Body&& body) noexcept {
  try {
    look_for_longjmp(__builtin_frame_address(0));
    run_fence_hook();
    Result<void> result = std::forward<Body>(body)();
    if (result) [[likely]]
      return OCRM_OK;
    return give_error(err, std::move(result).error());
  } catch (...) {
    return give_thrown(err);
  }
}

/// Runs the body of a function that gives something else; `otherwise` when something is thrown.
template <class T, class Body>
[[gnu::always_inline]] inline T guard(T otherwise, Body&& body) noexcept {
  try {
    look_for_longjmp(__builtin_frame_address(0));
    run_fence_hook();
    return std::forward<Body>(body)();
  } catch (...) {
    return otherwise;
  }
}

}  // namespace omnicrm::capi
