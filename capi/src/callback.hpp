// Calling the host: with its frame recorded, and with what it throws as an error.
#pragma once

#include <cstdint>
#include <utility>

#include "crm_state.hpp"
#include "error.hpp"
#include "frame.hpp"

namespace omnicrm::capi {

// The frames below stand on the real stack, also under AddressSanitizer, which else moves locals elsewhere.
#define OCRM_ON_THE_STACK [[gnu::noinline, gnu::no_sanitize_address]]

/// Calls a function of the host that gives a status: `call(ocrm_error** err)`. After a longjmp out of any
/// callback the host is not called any more.
template <class Call>
OCRM_ON_THE_STACK Result<void> call_host(CrmState& crm, FrameKind kind, const void* owner, Call&& call) {
  if (crm.is_abandoned())
    return failure(ErrorCode::failed_precondition, "a callback was left by longjmp: no other is called");
  ocrm_error* error = nullptr;
  try {
    int32_t status = OCRM_OK;
    {
      const CallbackFrame frame(crm, kind, owner, __builtin_frame_address(0));
      status = call(&error);
    }
    return callback_result(status, error);
  } catch (...) {
    ocrm_error_free(error);
    return fail(thrown_error("a callback"));
  }
}

/// Calls a function of the host that cannot fail; false if it was not called to its end.
template <class Call>
OCRM_ON_THE_STACK bool call_quietly(CrmState& crm, FrameKind kind, const void* owner, Call&& call) noexcept {
  if (crm.is_abandoned()) return false;
  try {
    const CallbackFrame frame(crm, kind, owner, __builtin_frame_address(0));
    call();
    return true;
  } catch (...) {
    return false;
  }
}

/// What the host gave with a callback: freed exactly once, when nothing calls it any more. Without a CRM it
/// is freed all the same: the function that took it was called wrongly.
class User {
 public:
  User(CrmState* crm, void* user, void (*user_free)(void*)) noexcept
      : crm_(crm), user_(user), free_(user_free) {}
  User(User&& other) noexcept
      : crm_(other.crm_), user_(other.user_), free_(std::exchange(other.free_, nullptr)) {}
  User& operator=(User&&) = delete;
  ~User();

  [[nodiscard]] void* get() const noexcept { return user_; }
  /// Somebody else frees it.
  void release() noexcept { free_ = nullptr; }

 private:
  CrmState* crm_;
  void* user_;
  void (*free_)(void*);
};

}  // namespace omnicrm::capi
