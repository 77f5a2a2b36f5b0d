// Time and randomness, injected: a host may supply each, tests do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <omnicrm/core/time.hpp>

namespace omnicrm {

/// Where the library gets the time. Implementations are thread-safe and never block. @since 0.1
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time, for what is stored.
  [[nodiscard]] virtual Timestamp now() = 0;
  /// Never goes back; for deadlines and durations.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() = 0;
};

/// Where the library gets randomness (ids, jitter). Implementations are thread-safe. @since 0.1
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;
  /// 64 uniform bits.
  [[nodiscard]] std::uint64_t next();
};

/// The system's clocks. @since 0.1
[[nodiscard]] std::shared_ptr<Clock> system_clock();
/// The operating system's generator (getrandom), buffered. @since 0.1
[[nodiscard]] std::shared_ptr<Random> system_random();

}  // namespace omnicrm
