// Cron expressions on a zone's wall clock: when is the next time?
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>

namespace date {
class time_zone;
}

namespace omnicrm::jobs {

/// What an expression says, each field as a set of bits. The grammar and the meaning are those of crontab(5)
/// (Vixie cron 3.0): docs/schedules.md has them in full.
struct CronFields {
  std::uint64_t seconds = 1;  ///< bits 0 to 59; without a field of its own: second 0
  std::uint64_t minutes = 0;
  std::uint64_t hours = 0;
  std::uint64_t days = 0;      ///< bits 1 to 31
  std::uint64_t months = 0;    ///< bits 1 to 12
  std::uint64_t weekdays = 0;  ///< bits 0 (Sunday) to 6
  /// Both day fields are restricted (hold no `*`): a day fits when either does, else when both do.
  bool either_day = false;
  /// Hour or minute hold a `*`: such an expression follows the clock as it runs, through every change of it.
  /// Others name times of the day, of which each comes once a day.
  bool interval = false;

  /// Errors: `invalid_argument` about "cron" names the field that is wrong, also when no date can ever fit.
  [[nodiscard]] static Result<CronFields> parse(std::string_view expression);
};

/// Fire times of an expression in a zone. Immutable.
///
/// Times of the day: one that the clock skips fires at the first instant after the gap, one that it shows
/// twice fires at the first. Intervals: every instant at which the clock shows a time that fits (cron(8),
/// "Daylight Saving Time and other time changes"). A search looks at days, not at minutes, and ends after 40
/// years.
class Cron {
 public:
  /// `zone` is an IANA name. Errors: `invalid_argument` about "cron" or "zone".
  [[nodiscard]] static Result<Cron> parse(std::string_view expression, std::string_view zone);

  /// The first fire time later than `after`; none after the year 9999.
  [[nodiscard]] std::optional<Timestamp> next(Timestamp after) const;
  /// The last fire time that is at `from` or later, and not later than `until`.
  [[nodiscard]] std::optional<Timestamp> last(Timestamp from, Timestamp until) const;
  /// All of these, the latest `limit` at the most, in order.
  [[nodiscard]] std::vector<Timestamp> between(Timestamp from, Timestamp until, std::size_t limit) const;

 private:
  Cron(const CronFields& fields, const date::time_zone& zone) : fields_(fields), zone_(&zone) {}
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_time_of_day(std::chrono::sys_seconds after,
                                                                         std::chrono::sys_seconds end) const;
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_reading(std::chrono::sys_seconds after,
                                                                     std::chrono::sys_seconds end) const;

  CronFields fields_;
  const date::time_zone* zone_;  // of the process's zone database
};

}  // namespace omnicrm::jobs
