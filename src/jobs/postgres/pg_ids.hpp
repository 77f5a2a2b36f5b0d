// Consecutive ids: those of one bulk call differ in their last 48 bits only.
#pragma once

#include <cstdint>

#include <omnicrm/core/ids.hpp>

namespace omnicrm::jobs::postgres {

inline constexpr std::uint64_t tail_mask = (std::uint64_t{1} << 48U) - 1;

[[nodiscard]] inline std::uint64_t tail(const Uuid& id) noexcept {
  std::uint64_t value = 0;
  for (int i = 10; i < 16; ++i) value = value << 8U | id.bytes[static_cast<std::size_t>(i)];
  return value;
}

[[nodiscard]] inline Uuid with_tail(Uuid id, std::uint64_t value) noexcept {
  for (std::size_t i = 16; i-- > 10; value >>= 8U) id.bytes[i] = static_cast<std::uint8_t>(value & 0xffU);
  return id;
}

/// The id `k` places after; the SQL function omnicrm_job_after is its twin.
[[nodiscard]] inline Uuid after(const Uuid& id, std::uint64_t k) noexcept {
  return with_tail(id, (tail(id) + k) & tail_mask);
}

/// A new id with room for consecutive ones: the highest bit of its tail is 0, so that a sum does not
/// overflow.
[[nodiscard]] inline Uuid first_of_many(const Uuid& id) noexcept {
  return with_tail(id, tail(id) & (tail_mask >> 1U));
}

/// Whether `b` comes right after `a`.
[[nodiscard]] inline bool is_next(const Uuid& a, const Uuid& b) noexcept {
  return after(a, 1) == b;
}

}  // namespace omnicrm::jobs::postgres
