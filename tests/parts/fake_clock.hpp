// A clock that stands still until a test moves it, and randomness from a seed.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <random>
#include <span>

#include <omnicrm/core/clock.hpp>

namespace omnicrm::testing {

/// Both its times move together. Thread-safe.
class FakeClock final : public Clock {
 public:
  /// 2026-11-23T12:00:00Z unless told otherwise.
  explicit FakeClock(Timestamp start = from_micros(1'795'435'200'000'000))
      : now_(to_micros(start)), start_(now_) {}

  [[nodiscard]] Timestamp now() override { return from_micros(now_); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() override {
    // Not at the epoch: code that takes a zero time point for "never" would see it there.
    return std::chrono::steady_clock::time_point(std::chrono::hours(1) +
                                                 std::chrono::microseconds(now_ - start_));
  }

  void advance(std::chrono::microseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_;
  const std::int64_t start_;
};

/// The same bits for the same seed. Thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

  void fill(std::span<std::byte> out) override {
    const std::lock_guard lock(mutex_);
    while (!out.empty()) {
      const std::uint64_t bits = engine_();
      const std::size_t size = std::min(out.size(), sizeof(bits));
      std::memcpy(out.data(), &bits, size);
      out = out.subspan(size);
    }
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace omnicrm::testing
