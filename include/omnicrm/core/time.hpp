// Points in time and calendar days, as the whole library writes them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm {

/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds. @since 0.1
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// A calendar day without a time or a zone (all-day events, birthdays). @since 0.1
using Date = std::chrono::sys_days;

/// RFC 3339 in UTC with the fraction only when there is one: `2002-08-22T12:36:23Z`. @since 0.1
[[nodiscard]] std::string to_string(Timestamp at);

/// `2002-08-22`. @since 0.1
[[nodiscard]] std::string to_string_date(Date day);

/// Reads RFC 3339 section 5.6 (any offset, up to microseconds; further digits are cut off), or a plain
/// `YYYY-MM-DD`, which means midnight UTC. Errors: `invalid_argument` (also
/// outside of the years 1 to 9999 in UTC). @since 0.1
[[nodiscard]] Result<Timestamp> parse_timestamp(std::string_view text);

/// Reads `YYYY-MM-DD`. Errors: `invalid_argument`. @since 0.1
[[nodiscard]] Result<Date> parse_date(std::string_view text);

/// Microseconds since the epoch, as stored. @since 0.1
[[nodiscard]] constexpr std::int64_t to_micros(Timestamp at) noexcept {
  return at.time_since_epoch().count();
}

/// The inverse of `to_micros`. @since 0.1
[[nodiscard]] constexpr Timestamp from_micros(std::int64_t micros) noexcept {
  return Timestamp(std::chrono::microseconds(micros));
}

}  // namespace omnicrm
