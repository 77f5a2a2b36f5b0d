#include "frame.hpp"

#include <pthread.h>

#include <vector>

#include "crm_state.hpp"

namespace omnicrm::capi {
namespace {

struct Frame {
  CrmState* crm;
  const void* owner;
  FrameKind kind;
  std::uintptr_t address;
  const volatile std::uint64_t* canary;
  std::uint64_t expected;
};

thread_local std::vector<Frame> frames;

/// The thread's own stack; a host's fibres run on others, whose addresses say nothing about order.
struct Stack {
  std::uintptr_t low = 0;
  std::uintptr_t high = 0;

  [[nodiscard]] bool holds(std::uintptr_t address) const noexcept { return address >= low && address < high; }
};

Stack find_stack() noexcept {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* low = nullptr;
  std::size_t size = 0;
  const int failed = pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  if (failed != 0) return {};
  const auto begin = reinterpret_cast<std::uintptr_t>(low);
  return {begin, begin + size};
}

const Stack& own_stack() noexcept {
  thread_local const Stack stack = find_stack();
  return stack;
}

std::uint64_t canary_of(std::uintptr_t address, std::size_t index) noexcept {
  return (address * 0x9e3779b97f4a7c15ULL) ^ (index + 0x6f63726d);
}

// It reads what may have become somebody else's stack: sanitizers would say so.
[[gnu::noinline]] __attribute__((no_sanitize("address", "thread", "undefined"))) bool is_overwritten(
    const Frame& frame) noexcept {
  return *frame.canary != frame.expected;
}

bool is_left(const Frame& frame, std::uintptr_t here) noexcept {
  const Stack& stack = own_stack();
  if (!stack.holds(here) || !stack.holds(frame.address)) return false;
  return frame.address < here || is_overwritten(frame);
}

/// Forgets the frames from an index on: nobody will return to them.
void abandon_from(std::size_t index) noexcept {
  for (std::size_t left = index; left < frames.size(); ++left) frames[left].crm->abandon();
  frames.resize(index, Frame{});
  callback_depth = frames.size();
}

}  // namespace

constinit thread_local std::size_t callback_depth = 0;

CallbackFrame::CallbackFrame(CrmState& crm, FrameKind kind, const void* owner, const void* frame_address)
    : index_(frames.size()) {
  const auto address = reinterpret_cast<std::uintptr_t>(frame_address);
  canary_ = canary_of(address, index_);
  frames.push_back({&crm, owner, kind, address, &canary_, canary_of(address, index_)});
  callback_depth = frames.size();
}

CallbackFrame::~CallbackFrame() {
  // What lies above was left by a longjmp to within this callback.
  if (frames.size() > index_ + 1) abandon_from(index_ + 1);
  if (frames.size() == index_ + 1) frames.pop_back();
  callback_depth = frames.size();
  canary_ = 0;
}

bool is_inside(const CrmState& crm) noexcept {
  for (const Frame& frame : frames) {
    if (frame.crm == &crm) return true;
  }
  return false;
}

bool is_inside(const CrmState& crm, FrameKind kind) noexcept {
  for (const Frame& frame : frames) {
    if (frame.crm == &crm && frame.kind == kind) return true;
  }
  return false;
}

bool is_inside_of(const void* owner) noexcept {
  for (const Frame& frame : frames) {
    if (frame.owner == owner) return true;
  }
  return false;
}

void find_longjmp(const void* here) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(here);
  for (std::size_t index = 0; index < frames.size(); ++index) {
    if (is_left(frames[index], address)) {
      abandon_from(index);
      return;
    }
  }
}

}  // namespace omnicrm::capi
