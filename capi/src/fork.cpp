#include "fork.hpp"

#include <pthread.h>

#include <atomic>
#include <new>
#include <utility>

namespace omnicrm::capi {
namespace {

constinit std::atomic<std::uint64_t> forks{0};

// Registered when the library is loaded, so before anything can have been opened.
const int registered = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });

struct Kept {
  std::shared_ptr<void> thing;
  Kept* next;
};
constinit std::atomic<Kept*> kept{nullptr};

}  // namespace

std::uint64_t fork_generation() noexcept {
  static_cast<void>(registered);
  return forks.load(std::memory_order_relaxed);
}

void keep_for_ever(std::shared_ptr<void> thing) noexcept {
  Kept* const node = new (std::nothrow) Kept{std::move(thing), kept.load()};
  if (node == nullptr) {
    // Without memory even for this: a reference that nobody gives back does the same.
    alignas(std::shared_ptr<void>) unsigned char place[sizeof(std::shared_ptr<void>)];
    new (place) std::shared_ptr<void>(std::move(thing));
    return;
  }
  while (!kept.compare_exchange_weak(node->next, node)) {
  }
}

}  // namespace omnicrm::capi
