// Which callbacks of which CRM the current thread is in, and whether one of them was left by longjmp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace omnicrm::capi {

class CrmState;

enum class FrameKind {
  plain,
  job,          ///< a handler, a listener to its progress: what runs jobs would wait for itself
  transaction,  ///< holds the writer: what runs jobs would wait for it
  quiet,        ///< a log sink, a clock, a user_free: must not call the library
};

/// Says for its lifetime that the current thread is in a callback. Lives on the stack of the function that
/// calls it.
class CallbackFrame {
 public:
  /// `owner` is whose callback it is: a subscription asks for it.
  CallbackFrame(CrmState& crm, FrameKind kind, const void* owner, const void* frame_address);
  ~CallbackFrame();
  CallbackFrame(const CallbackFrame&) = delete;
  CallbackFrame& operator=(const CallbackFrame&) = delete;

 private:
  std::size_t index_;
  /// Later calls on the same stack overwrite it when this frame was left without unwinding.
  volatile std::uint64_t canary_;
};

/// How many callbacks the current thread is in.
extern constinit thread_local std::size_t callback_depth;

[[nodiscard]] bool is_inside(const CrmState& crm) noexcept;
[[nodiscard]] bool is_inside(const CrmState& crm, FrameKind kind) noexcept;
/// Whether the current thread is in a callback of this owner.
[[nodiscard]] bool is_inside_of(const void* owner) noexcept;

/// Marks the CRMs whose callbacks were left by longjmp: `here` is the frame of a function of the library that
/// was called just now, and lies above a callback's frame, or the callback's frame was overwritten.
void find_longjmp(const void* here) noexcept;
[[gnu::always_inline]] inline void look_for_longjmp(const void* here) noexcept {
  if (callback_depth != 0) [[unlikely]]
    find_longjmp(here);
}

}  // namespace omnicrm::capi
