// One RRULE: read, checked, and iterated on the wall clock within a budget.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>

#include "providers/files/calendar_zones.hpp"

namespace omnicrm::files {

/// A recurrence rule (RFC 5545 section 3.3.10), taken apart. The parts that choose days stay text, for
/// libical.
struct RecurrenceRule {
  enum class Frequency { secondly, minutely, hourly, daily, weekly, monthly, yearly };

  Frequency frequency = Frequency::daily;
  std::int64_t interval = 1;
  std::optional<std::int64_t> count;
  std::optional<RawCalendarTime> until;
  std::vector<int> seconds, minutes, hours;              ///< BYSECOND, BYMINUTE, BYHOUR
  std::vector<int> months, month_days, year_days;        ///< BYMONTH, BYMONTHDAY, BYYEARDAY
  std::vector<int> weekdays;                             ///< BYDAY without ordinals, 0 is Sunday
  bool has_ordinal_days = false;                         ///< BYDAY with ordinals ("-1SU")
  bool has_week_numbers = false, has_positions = false;  ///< BYWEEKNO, BYSETPOS
  std::string day_rule;                                  ///< the same rule without times, COUNT and UNTIL

  /// Errors: `invalid_argument` with the part that is wrong.
  [[nodiscard]] static Result<RecurrenceRule> parse(std::string_view text);
};

/// The wall times of a rule in order, from DTSTART on; COUNT and UNTIL are the caller's business. Days come
/// from libical, which sees a rule by days only; times of day and the rules faster than daily are computed
/// here, where every step counts against the budget. One thread at a time.
class RecurrenceTimes {
 public:
  /// `not_before`: what is earlier may be left out (rules without COUNT). `last`: nothing after it is wanted.
  /// Errors: `invalid_argument` (the rule contradicts itself), `unsupported`.
  [[nodiscard]] static Result<RecurrenceTimes> start(const RecurrenceRule& rule, WallTime first, bool dates,
                                                     WallTime not_before, WallTime last, std::int64_t budget);

  RecurrenceTimes(RecurrenceTimes&&) noexcept;
  RecurrenceTimes& operator=(RecurrenceTimes&&) noexcept;
  ~RecurrenceTimes();

  /// The next one; nothing at the end or when the budget is used up.
  [[nodiscard]] std::optional<WallTime> next();
  [[nodiscard]] bool out_of_budget() const noexcept;

 private:
  struct State;
  explicit RecurrenceTimes(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace omnicrm::files
