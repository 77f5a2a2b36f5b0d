// Instruments that keep their figures in this process.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <omnicrm/observe/metrics.hpp>

namespace omnicrm::observe {

/// A cache line of their own: instruments of different threads do not slow each other.
inline constexpr std::size_t line_size = 64;

/// Whole amounts are summed apart: an integer's addition is one instruction, a double's a loop.
class alignas(line_size) KeptCounter final : public Counter {
 public:
  void add(double amount) noexcept override {
    if (!(amount >= 0)) return;
    constexpr double largest = 9007199254740992.0;  // 2^53: beyond it not every whole number is a double
    if (const auto whole = amount <= largest ? static_cast<std::uint64_t>(amount) : 0;
        static_cast<double>(whole) == amount) {
      whole_.fetch_add(whole, std::memory_order_relaxed);
    } else if (std::isfinite(amount)) {
      fractions_.fetch_add(amount, std::memory_order_relaxed);
    }
  }
  [[nodiscard]] double value() const noexcept {
    return static_cast<double>(whole_.load(std::memory_order_relaxed)) +
           fractions_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> whole_{0};
  std::atomic<double> fractions_{0};
};

class alignas(line_size) KeptGauge final : public Gauge {
 public:
  void set(double value) noexcept override { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class alignas(line_size) KeptHistogram final : public Histogram {
 public:
  /// Bounds that do not rise, and infinities, are left out.
  explicit KeptHistogram(std::span<const double> bounds) {
    for (const double bound : bounds) {
      if (std::isfinite(bound) && (bounds_.empty() || bound > bounds_.back())) bounds_.push_back(bound);
    }
    counts_ = std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1);
  }

  void observe(double value) noexcept override {
    if (std::isnan(value)) return;
    // A bound is the bucket's: "le" is less or equal.
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  [[nodiscard]] const std::vector<double>& bounds() const noexcept { return bounds_; }
  /// How many fell into this bucket alone; the one behind the last bound has no end.
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  [[nodiscard]] double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

}  // namespace omnicrm::observe
