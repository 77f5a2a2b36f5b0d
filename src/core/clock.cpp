#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <omnicrm/core/clock.hpp>

#include "core/fork.hpp"

namespace omnicrm {
namespace {

// The one piece of state that a fork must reach; it has no constructor and no destructor.
std::atomic<std::uint64_t> generation{1};

class SystemClock final : public Clock {
 public:
  Timestamp now() override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point steady_now() override { return std::chrono::steady_clock::now(); }
};

// Straight from the kernel. getrandom(2) gives up to 256 bytes whole once the pool is initialized; larger
// requests may come in parts or be interrupted.
void fill_from_system(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got > 0) {
      out = out.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      std::abort();  // a kernel without getrandom: ids that may repeat would be worse
    }
  }
}

// A kernel call costs a few hundred nanoseconds, so each thread keeps some bytes. Used bytes are wiped.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override {
    struct Buffer {
      std::array<std::byte, 256> bytes;
      std::size_t used = sizeof(bytes);
      std::uint64_t generation = 0;
    };
    thread_local constinit Buffer buffer{};
    if (out.size() > buffer.bytes.size() / 4) return fill_from_system(out);
    const std::uint64_t now = fork_generation();
    if (buffer.generation != now || buffer.bytes.size() - buffer.used < out.size()) {
      fill_from_system(buffer.bytes);
      buffer.used = 0;
      buffer.generation = now;
    }
    const auto from = std::span(buffer.bytes).subspan(buffer.used, out.size());
    std::ranges::copy(from, out.begin());
    std::ranges::fill(from, std::byte{0});
    buffer.used += out.size();
  }
};

}  // namespace

std::uint64_t fork_generation() noexcept {
  static const int registered = ::pthread_atfork(nullptr, nullptr, [] { generation.fetch_add(1); });
  static_cast<void>(registered);
  return generation.load(std::memory_order_relaxed);
}

std::uint64_t Random::next() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::shared_ptr<Clock> system_clock() {
  return std::make_shared<SystemClock>();
}

std::shared_ptr<Random> system_random() {
  return std::make_shared<SystemRandom>();
}

}  // namespace omnicrm
