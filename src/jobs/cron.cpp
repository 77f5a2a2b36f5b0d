#include "jobs/cron.hpp"

#ifndef USE_OS_TZDB
#define USE_OS_TZDB 1  // as Debian's libdate-tz is built
#endif
#include <date/tz.h>

#include <algorithm>
#include <bit>
#include <exception>
#include <string>

#include "core/errors.hpp"

namespace omnicrm::jobs {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

/// What a clock on the wall shows, counted as if it were UTC.
using Wall = sys_seconds;

constexpr std::size_t longest_zone = 60;
/// The rarest date is the 29th of February: 8 years around 2100. The 1st of a month on a given weekday is at
/// most 12 years away.
constexpr days horizon{40 * 366};
constexpr sys_seconds first_second = sys_days(std::chrono::year(1) / 1 / 1);
constexpr sys_seconds end_of_time = sys_days(std::chrono::year(10'000) / 1 / 1);

/// The lowest member that is at least `from`; 64 when there is none.
int lowest(std::uint64_t set, int from) {
  return from > 63 ? 64 : std::countr_zero(set >> from << from);
}

/// The first time of the day that fits, from `from` on.
std::optional<seconds> next_time(const CronFields& fields, seconds from) {
  const int total = static_cast<int>(from.count());
  int minute = total / 60 % 60;
  int second = total % 60;
  int hour = lowest(fields.hours, total / 3600);
  if (hour != total / 3600) minute = second = 0;
  for (; hour < 64; hour = lowest(fields.hours, hour + 1), minute = second = 0) {
    int found = lowest(fields.minutes, minute);
    if (found != minute) second = 0;
    for (; found < 64; found = lowest(fields.minutes, found + 1), second = 0) {
      const int at = lowest(fields.seconds, second);
      if (at < 64) return hours(hour) + minutes(found) + seconds(at);
    }
  }
  return std::nullopt;
}

bool fits(const CronFields& fields, const std::chrono::year_month_day& date, sys_days day) {
  const bool by_day = (fields.days >> static_cast<unsigned>(date.day()) & 1) != 0;
  const bool by_weekday = (fields.weekdays >> std::chrono::weekday(day).c_encoding() & 1) != 0;
  return fields.either_day ? by_day || by_weekday : by_day && by_weekday;
}

/// The first wall time that fits, from `from` on and before `end`.
std::optional<Wall> next_wall(const CronFields& fields, Wall from, Wall end) {
  sys_days day = floor<days>(from);
  seconds time = from - day;
  while (day < end) {
    const std::chrono::year_month_day date(day);
    if ((fields.months >> static_cast<unsigned>(date.month()) & 1) == 0) {
      day = sys_days((date.year() / date.month() + std::chrono::months(1)) / 1);
      time = seconds(0);
      continue;
    }
    if (fits(fields, date, day)) {
      if (const auto found = next_time(fields, time)) {
        const Wall wall = day + *found;
        return wall < end ? std::optional(wall) : std::nullopt;
      }
    }
    day += days(1);
    time = seconds(0);
  }
  return std::nullopt;
}

/// The first instant at which the clock shows `wall`, or the first after the gap that `wall` falls into.
sys_seconds first_instant(const date::time_zone& zone, Wall wall) {
  const date::local_info info = zone.get_info(date::local_seconds(wall.time_since_epoch()));
  if (info.result == date::local_info::nonexistent) return info.second.begin;
  return wall - info.first.offset;  // of a time shown twice, `first` is the earlier
}

const date::time_zone* find_zone(std::string_view name) {
  if (name.empty() || name.size() > longest_zone) return nullptr;
  try {
    const date::time_zone* zone = date::locate_zone(std::string(name));
    static_cast<void>(zone->get_info(sys_seconds{}));  // reads its file, which may fail; later calls do not
    return zone;
  } catch (const std::exception&) {
    return nullptr;  // unknown
  }
}

}  // namespace

Result<Cron> Cron::parse(std::string_view expression, std::string_view zone) {
  OMNICRM_ASSIGN(const CronFields fields, CronFields::parse(expression));
  const date::time_zone* found = find_zone(zone);
  if (found == nullptr) return invalid("zone", "is not an IANA time zone such as Europe/Dublin");
  return Cron(fields, *found);
}

std::optional<Timestamp> Cron::next(Timestamp after) const {
  // Fire times are whole seconds, so those later than `after` are those later than its second.
  const sys_seconds start = std::max(floor<seconds>(after), first_second);
  const sys_seconds end = std::min(start + horizon, end_of_time);
  const auto found = fields_.interval ? next_reading(start, end) : next_time_of_day(start, end);
  if (!found || *found >= end) return std::nullopt;
  return Timestamp(*found);
}

std::optional<sys_seconds> Cron::next_time_of_day(sys_seconds after, sys_seconds end) const {
  // Later wall times never have earlier first instants, so the search goes on from what the clock shows now.
  // While an hour is shown again, the wall times in it have had their instant.
  const Wall limit = end + days(2);
  auto wall = next_wall(fields_, after + zone_->get_info(after).offset, limit);
  while (wall) {
    const sys_seconds at = first_instant(*zone_, *wall);
    if (at > after) return at;
    wall = next_wall(fields_, *wall + seconds(1), limit);
  }
  return std::nullopt;
}

std::optional<sys_seconds> Cron::next_reading(sys_seconds after, sys_seconds end) const {
  sys_seconds from = after + seconds(1);
  while (from < end) {
    // Within a period of one offset wall and real time run alike.
    const date::sys_info period = zone_->get_info(from);
    const sys_seconds until = std::min<sys_seconds>(period.end, end);
    if (const auto wall = next_wall(fields_, from + period.offset, until + period.offset))
      return *wall - period.offset;
    from = until;
  }
  return std::nullopt;
}

std::optional<Timestamp> Cron::last(Timestamp from, Timestamp until) const {
  // Bisection: `low` has a fire time after it that is not later than `until`, `high` has none.
  const auto in_time = [&](sys_seconds at) {
    const auto found = next(at);
    return found && *found <= until;
  };
  sys_seconds low = std::chrono::ceil<seconds>(from) - seconds(1);
  sys_seconds high = floor<seconds>(until);
  if (low >= high || !in_time(low)) return std::nullopt;
  while (high - low > seconds(1)) {
    const sys_seconds middle = low + (high - low) / 2;
    (in_time(middle) ? low : high) = middle;
  }
  return next(low);
}

std::vector<Timestamp> Cron::between(Timestamp from, Timestamp until, std::size_t limit) const {
  std::vector<Timestamp> times;
  auto at = next(std::chrono::ceil<seconds>(from) - seconds(1));
  while (at && *at <= until && times.size() <= limit) {
    times.push_back(*at);
    at = next(*at);
  }
  if (times.size() <= limit) return times;
  // More than are wanted: from the end.
  times.clear();
  for (auto back = last(from, until); back && times.size() < limit; back = last(from, *back - seconds(1)))
    times.push_back(*back);
  std::reverse(times.begin(), times.end());
  return times;
}

}  // namespace omnicrm::jobs
