#include "core/id_generator.hpp"

#include <algorithm>
#include <utility>

#include "core/fork.hpp"

namespace omnicrm {
namespace {

constexpr std::uint32_t counter_end = 1U << 14;
constexpr std::uint64_t counter_seed_mask = 0x1fff;  // the top bit starts at 0, to leave room
constexpr std::uint64_t random_mask = (1ULL << 48) - 1;

std::uint64_t tick_of(Timestamp now) {
  const std::int64_t micros =
      std::max<std::int64_t>(to_micros(now), 0);  // version 7 knows no time before 1970
  const auto millis = static_cast<std::uint64_t>(micros / 1000);
  const auto fraction = static_cast<std::uint64_t>(micros % 1000) * 4096 / 1000;
  return millis << 12 | fraction;
}

void put_big_endian(std::uint8_t* out, std::uint64_t value) {
  for (int i = 7; i >= 0; --i) {
    out[i] = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
}

}  // namespace

IdGenerator::IdGenerator(std::shared_ptr<Clock> clock, std::shared_ptr<Random> random)
    : clock_(std::move(clock)), random_(std::move(random)) {}

std::uint64_t IdGenerator::random_bits() {
  const std::uint64_t now = fork_generation();
  if (used_ == pool_.size() || generation_ != now) {
    random_->fill(std::as_writable_bytes(std::span(pool_)));
    used_ = 0;
    generation_ = now;
  }
  return pool_[used_++];
}

Uuid IdGenerator::next() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = tick_of(clock_->now());
  const std::uint64_t bits = random_bits();
  if (now > tick_) {
    tick_ = now;
    counter_ = static_cast<std::uint32_t>(bits >> 48 & counter_seed_mask);
  } else if (++counter_ == counter_end) {
    // More than 8,192 ids in a quarter of a microsecond, or a clock that stands or went back.
    ++tick_;
    counter_ = static_cast<std::uint32_t>(bits >> 48 & counter_seed_mask);
  }
  Uuid uuid;
  put_big_endian(uuid.bytes.data(), (tick_ >> 12) << 16 | 0x7000 | (tick_ & 0xfff));
  put_big_endian(uuid.bytes.data() + 8,
                 1ULL << 63 | static_cast<std::uint64_t>(counter_) << 48 | (bits & random_mask));
  return uuid;
}

}  // namespace omnicrm
