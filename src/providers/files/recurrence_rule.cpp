#include "providers/files/recurrence_rule.hpp"

#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace omnicrm::files {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using Frequency = RecurrenceRule::Frequency;

constexpr std::array<std::string_view, 7> frequency_names{"SECONDLY", "MINUTELY", "HOURLY", "DAILY",
                                                          "WEEKLY",   "MONTHLY",  "YEARLY"};
constexpr std::array<std::string_view, 7> weekday_names{"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

tl::unexpected<Error> bad(std::string_view part) {
  return failure(ErrorCode::invalid_argument, "RRULE: cannot use " + std::string(text::cut(part, 60)));
}

std::optional<std::int64_t> integer(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// A list of integers between `low` and `high`, sorted, each once; zero only where it is allowed.
bool read_list(std::string_view text, int low, int high, std::vector<int>& out) {
  for (const std::string_view part : text::split(text, ',')) {
    const auto value = integer(text::trim(part));
    if (!value || *value < low || *value > high || (*value == 0 && low < 0)) return false;
    out.push_back(static_cast<int>(*value));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return true;
}

bool read_weekdays(std::string_view text, RecurrenceRule& rule) {
  for (std::string_view part : text::split(text, ',')) {
    part = text::trim(part);
    if (part.size() < 2) return false;
    const auto day = std::find(weekday_names.begin(), weekday_names.end(), part.substr(part.size() - 2));
    if (day == weekday_names.end()) return false;
    if (part.size() > 2) {
      const auto ordinal = integer(part.substr(0, part.size() - 2));
      if (!ordinal || *ordinal == 0 || *ordinal < -53 || *ordinal > 53) return false;
      rule.has_ordinal_days = true;
    }
    rule.weekdays.push_back(static_cast<int>(day - weekday_names.begin()));
  }
  return rule.weekdays.size() <= 371;
}

/// A part that chooses days goes on to libical as it is, once it is known to be sound.
bool read_day_part(std::string_view name, std::string_view value, RecurrenceRule& rule) {
  std::vector<int> list;
  bool ok = false;
  if (name == "BYDAY") {
    ok = read_weekdays(value, rule);
  } else if (name == "BYMONTH") {
    ok = read_list(value, 1, 12, rule.months);
  } else if (name == "BYMONTHDAY") {
    ok = read_list(value, -31, 31, rule.month_days);
  } else if (name == "BYYEARDAY") {
    ok = read_list(value, -366, 366, rule.year_days);
  } else if (name == "BYWEEKNO") {
    ok = rule.has_week_numbers = read_list(value, -53, 53, list);
  } else if (name == "BYSETPOS") {
    ok = rule.has_positions = read_list(value, -366, 366, list) && list.size() <= 50;
  } else if (name == "WKST") {
    ok = std::find(weekday_names.begin(), weekday_names.end(), value) != weekday_names.end();
  }
  if (ok) rule.day_rule.append(";").append(name).append("=").append(value);
  return ok;
}

bool read_part(std::string_view name, std::string_view value, RecurrenceRule& rule) {
  if (name == "INTERVAL") {
    rule.interval = integer(value).value_or(0);
    return rule.interval >= 1 && rule.interval <= 30'000;  // libical counts in a short
  }
  if (name == "COUNT") {
    rule.count = integer(value);
    return rule.count && *rule.count >= 1;
  }
  if (name == "UNTIL") return (rule.until = parse_calendar_time(value)).has_value();
  if (name == "BYSECOND") return read_list(value, 0, 59, rule.seconds);
  if (name == "BYMINUTE") return read_list(value, 0, 59, rule.minutes);
  if (name == "BYHOUR") return read_list(value, 0, 23, rule.hours);
  if (name == "RSCALE") return value == "GREGORIAN";
  if (name == "SKIP") return value == "OMIT";
  if (name.starts_with("X-")) return true;
  return read_day_part(name, value, rule);
}

}  // namespace

Result<RecurrenceRule> RecurrenceRule::parse(std::string_view text) {
  if (text.size() > 4096) return bad("a rule of more than 4096 bytes");
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  std::erase(upper, ' ');
  RecurrenceRule rule;
  bool has_frequency = false;
  for (const std::string_view part : text::split(upper, ';')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return bad(part);
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    if (name == "FREQ") {
      const auto found = std::find(frequency_names.begin(), frequency_names.end(), value);
      if (found == frequency_names.end()) return bad(part);
      rule.frequency = static_cast<Frequency>(found - frequency_names.begin());
      has_frequency = true;
    } else if (!read_part(name, value, rule)) {
      return bad(part);
    }
  }
  if (!has_frequency) return bad("a rule without FREQ");
  rule.day_rule = "FREQ=" + std::string(frequency_names[static_cast<std::size_t>(rule.frequency)]) +
                  ";INTERVAL=" + std::to_string(rule.interval) + rule.day_rule;
  return rule;
}

namespace {

icaltimetype to_ical_date(WallTime wall) {
  const std::chrono::year_month_day date{Date(std::chrono::floor<days>(wall).time_since_epoch())};
  icaltimetype out = icaltime_null_date();
  out.hour = out.minute = out.second = 0;  // libical leaves -1 there, and then counts from the day before
  out.year = static_cast<int>(date.year());
  out.month = static_cast<int>(static_cast<unsigned>(date.month()));
  out.day = static_cast<int>(static_cast<unsigned>(date.day()));
  return out;
}

WallTime from_ical_date(const icaltimetype& time) {
  const std::chrono::year_month_day date{std::chrono::year{time.year},
                                         std::chrono::month{static_cast<unsigned>(time.month)},
                                         std::chrono::day{static_cast<unsigned>(time.day)}};
  return WallTime(Date(date).time_since_epoch());
}

bool contains(const std::vector<int>& list, int value) {
  return std::binary_search(list.begin(), list.end(), value);
}

/// Whether any year has such a day: "30 February" would make the search run to the end of libical's calendar.
bool has_any_day(const RecurrenceRule& rule) {
  if (rule.months.empty() || rule.month_days.empty()) return true;
  static constexpr std::array<int, 13> longest{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (const int month : rule.months) {
    for (const int day : rule.month_days) {
      if (std::abs(day) <= longest[static_cast<std::size_t>(month)]) return true;
    }
  }
  return false;
}

}  // namespace

struct RecurrenceTimes::State {
  struct FreeIterator {
    void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
  };

  RecurrenceRule rule;
  WallTime first{};
  WallTime last{};
  std::int64_t budget = 0;
  bool spent = false;
  // Daily and slower: days from libical, times of day from the rule.
  std::unique_ptr<icalrecur_iterator, FreeIterator> by_day;
  std::vector<seconds> times;
  WallTime day{};
  std::size_t time = 0;
  // Faster than daily: steps of a fixed length.
  seconds step{0};
  WallTime at{};

  [[nodiscard]] bool pay() {
    if (budget-- > 0) return true;
    spent = true;
    return false;
  }

  [[nodiscard]] bool day_fits(WallTime wall) const {
    const auto day_of = std::chrono::floor<days>(wall);
    const Date date(day_of.time_since_epoch());
    const std::chrono::year_month_day parts{date};
    if (!rule.months.empty() &&
        !contains(rule.months, static_cast<int>(static_cast<unsigned>(parts.month())))) {
      return false;
    }
    const auto weekday = static_cast<int>(std::chrono::weekday(date).c_encoding());
    if (!rule.weekdays.empty() &&
        std::find(rule.weekdays.begin(), rule.weekdays.end(), weekday) == rule.weekdays.end()) {
      return false;
    }
    const std::chrono::year_month_day_last month_end{parts.year() / parts.month() / std::chrono::last};
    const int month_day = static_cast<int>(static_cast<unsigned>(parts.day()));
    const int from_month_end = month_day - static_cast<int>(static_cast<unsigned>(month_end.day())) - 1;
    if (!rule.month_days.empty() && !contains(rule.month_days, month_day) &&
        !contains(rule.month_days, from_month_end)) {
      return false;
    }
    const Date new_year(parts.year() / std::chrono::January / 1);
    const int year_day = static_cast<int>((date - new_year).count()) + 1;
    const int from_year_end = year_day - (parts.year().is_leap() ? 366 : 365) - 1;
    return rule.year_days.empty() || contains(rule.year_days, year_day) ||
           contains(rule.year_days, from_year_end);
  }

  /// Zero if `wall` fits; else how far it is to the next wall time that could.
  [[nodiscard]] seconds until_fit(WallTime wall) const {
    const auto midnight = std::chrono::floor<days>(wall);
    if (!day_fits(wall)) return midnight + days(1) - wall;
    const std::chrono::hh_mm_ss time_of_day{wall - midnight};
    if (!rule.hours.empty() && !contains(rule.hours, static_cast<int>(time_of_day.hours().count()))) {
      return std::chrono::floor<std::chrono::hours>(wall) + std::chrono::hours(1) - wall;
    }
    if (!rule.minutes.empty() && !contains(rule.minutes, static_cast<int>(time_of_day.minutes().count()))) {
      return std::chrono::floor<std::chrono::minutes>(wall) + std::chrono::minutes(1) - wall;
    }
    if (!rule.seconds.empty() && !contains(rule.seconds, static_cast<int>(time_of_day.seconds().count())))
      return seconds(1);
    return seconds(0);
  }

  [[nodiscard]] std::optional<WallTime> next_step() {
    while (at <= last && pay()) {
      const seconds gap = until_fit(at);
      if (gap.count() == 0) {
        const WallTime found = at;
        at += step;
        return found;
      }
      at += step * ((gap.count() + step.count() - 1) / step.count());
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<WallTime> next_day_time() {
    for (;;) {
      if (time == times.size()) {
        if (!pay()) return std::nullopt;
        const icaltimetype next = icalrecur_iterator_next(by_day.get());
        if (icaltime_is_null_time(next)) return std::nullopt;
        day = from_ical_date(next);
        time = 0;
      }
      const WallTime found = day + times[time++];
      if (found > last) return std::nullopt;
      if (found >= first && pay()) return found;
      if (spent) return std::nullopt;
    }
  }
};

namespace {

/// The times of day of a rule that is daily or slower; what it does not say comes from DTSTART.
std::vector<seconds> times_of_day(const RecurrenceRule& rule, WallTime first) {
  const std::chrono::hh_mm_ss start{first - std::chrono::floor<days>(first)};
  const auto or_start = [](const std::vector<int>& list, auto part) {
    return list.empty() ? std::vector<int>{static_cast<int>(part.count())} : list;
  };
  std::vector<seconds> out;
  for (const int hour : or_start(rule.hours, start.hours())) {
    for (const int minute : or_start(rule.minutes, start.minutes())) {
      for (const int second : or_start(rule.seconds, start.seconds())) {
        out.push_back(std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second));
      }
    }
  }
  return out;
}

}  // namespace

RecurrenceTimes::RecurrenceTimes(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecurrenceTimes::RecurrenceTimes(RecurrenceTimes&&) noexcept = default;
RecurrenceTimes& RecurrenceTimes::operator=(RecurrenceTimes&&) noexcept = default;
RecurrenceTimes::~RecurrenceTimes() = default;

Result<RecurrenceTimes> RecurrenceTimes::start(const RecurrenceRule& rule, WallTime first, bool dates,
                                               WallTime not_before, WallTime last, std::int64_t budget) {
  static std::once_flag once;
  std::call_once(once, [] { icalerror_set_errors_are_fatal(0); });
  auto state = std::make_unique<State>();
  state->rule = rule;
  state->first = first;
  state->last = last;
  state->budget = budget;
  if (rule.frequency < Frequency::daily) {
    if (dates)
      return failure(ErrorCode::invalid_argument, "RRULE: an all-day event cannot recur within a day");
    if (rule.has_ordinal_days || rule.has_week_numbers || rule.has_positions) {
      return failure(ErrorCode::unsupported,
                     "RRULE: BYSETPOS, BYWEEKNO or ordinal days in a rule faster than daily");
    }
    static constexpr std::array<std::int64_t, 3> units{1, 60, 3600};
    state->step = seconds(units[static_cast<std::size_t>(rule.frequency)] * rule.interval);
    state->at = first;
    if (!rule.count && not_before > first) state->at += state->step * ((not_before - first) / state->step);
    return RecurrenceTimes(std::move(state));
  }
  if (!has_any_day(rule)) return failure(ErrorCode::invalid_argument, "RRULE: no month has such a day");
  state->times = dates ? std::vector<seconds>{seconds(0)} : times_of_day(rule, first);
  state->time = state->times.size();
  if (rule.has_positions && (state->times.size() > 1 || rule.frequency < Frequency::monthly)) {
    // libical takes no notice of BYSETPOS within a week.
    return failure(ErrorCode::unsupported,
                   "RRULE: BYSETPOS in a rule faster than monthly or over times of day");
  }
  icalrecurrencetype days_only = icalrecurrencetype_from_string(rule.day_rule.c_str());
  if (days_only.freq == ICAL_NO_RECURRENCE) return bad(rule.day_rule);
  days_only.until = to_ical_date(last + days(1));  // so that a search without result ends there
  state->by_day.reset(icalrecur_iterator_new(days_only, to_ical_date(first)));
  if (!state->by_day) return bad(rule.day_rule);
  return RecurrenceTimes(std::move(state));
}

std::optional<WallTime> RecurrenceTimes::next() {
  return state_->by_day ? state_->next_day_time() : state_->next_step();
}

bool RecurrenceTimes::out_of_budget() const noexcept {
  return state_->spent;
}

}  // namespace omnicrm::files
