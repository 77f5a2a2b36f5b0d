// Which times can be written: RFC 3339 has years of four digits.
#pragma once

#include <omnicrm/core/time.hpp>

namespace omnicrm {

/// From year 1 to the last microsecond of year 9999, in UTC. What lies outside could be stored and never read
/// again.
[[nodiscard]] constexpr bool is_writable(Timestamp at) noexcept {
  using namespace std::chrono;
  return at >= sys_days(year(1) / January / 1) && at < sys_days(year(9999) / December / 31) + days(1);
}

}  // namespace omnicrm
