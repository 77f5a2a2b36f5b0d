// The grammar of cron expressions.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "jobs/cron.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::size_t longest_expression = 1'000;

constexpr auto month_names = std::to_array<std::string_view>(
    {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"});
constexpr auto weekday_names =
    std::to_array<std::string_view>({"sun", "mon", "tue", "wed", "thu", "fri", "sat"});

constexpr auto aliases = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
});

struct FieldRule {
  std::string_view name;
  unsigned low;
  unsigned high;
  std::span<const std::string_view> names;  // of `low` and those after it
};

constexpr FieldRule second_rule{"second", 0, 59, {}};
constexpr FieldRule minute_rule{"minute", 0, 59, {}};
constexpr FieldRule hour_rule{"hour", 0, 23, {}};
constexpr FieldRule day_rule{"day of month", 1, 31, {}};
constexpr FieldRule month_rule{"month", 1, 12, month_names};
constexpr FieldRule weekday_rule{"day of week", 0, 7, weekday_names};  // 0 and 7 are Sunday

struct Field {
  std::uint64_t bits = 0;
  bool starred = false;
};

tl::unexpected<Error> wrong(const FieldRule& rule, std::string_view reason) {
  return invalid("cron", fmt::format("{}: {}", rule.name, reason));
}

std::optional<unsigned> read_number(std::string_view text) {
  unsigned number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<unsigned> read_value(const FieldRule& rule, std::string_view text) {
  for (std::size_t at = 0; at < rule.names.size(); ++at)
    if (rule.names[at] == text) return rule.low + static_cast<unsigned>(at);
  const auto number = read_number(text);
  if (!number) return wrong(rule, fmt::format("\"{}\" is no value", text));
  if (*number < rule.low || *number > rule.high)
    return wrong(rule, fmt::format("{} is outside of {} to {}", *number, rule.low, rule.high));
  return *number;
}

struct Range {
  unsigned low = 0;
  unsigned high = 0;
  bool starred = false;
  bool single = false;
};

Result<Range> read_range(const FieldRule& rule, std::string_view text) {
  // `*` counts Sunday once.
  if (text == "*") return Range{rule.low, rule.high == 7 ? 6 : rule.high, true, false};
  const auto dash = text.find('-');
  OMNICRM_ASSIGN(const unsigned low, read_value(rule, text.substr(0, dash)));
  if (dash == std::string_view::npos) return Range{low, low, false, true};
  OMNICRM_ASSIGN(unsigned high, read_value(rule, text.substr(dash + 1)));
  if (rule.high == 7 && high == 0 && low > 0) high = 7;  // SAT-SUN
  if (high < low) return wrong(rule, fmt::format("\"{}\" ends before it begins", text));
  return Range{low, high, false, false};
}

/// `*`, `5`, `MON-FRI`, `*/15`, `10-50/20`.
Result<void> add_element(const FieldRule& rule, std::string_view text, Field& field) {
  const auto slash = text.find('/');
  OMNICRM_ASSIGN(const Range range, read_range(rule, text.substr(0, slash)));
  unsigned step = 1;
  if (slash != std::string_view::npos) {
    // Some programs read 5/15 as 5-59/15, some as 5: better said than guessed.
    if (range.single) return wrong(rule, fmt::format("\"{}\": a step needs * or a range", text));
    const auto given = read_number(text.substr(slash + 1));
    if (!given || *given < 1 || *given > range.high - range.low + 1)
      return wrong(rule, fmt::format("\"{}\": the step must be 1 to {}", text, range.high - range.low + 1));
    step = *given;
  }
  for (unsigned value = range.low; value <= range.high; value += step)
    field.bits |= std::uint64_t{1} << (rule.high == 7 && value == 7 ? 0 : value);
  field.starred |= range.starred;
  return {};
}

Result<Field> read_field(const FieldRule& rule, std::string_view text) {
  Field field;
  std::size_t begin = 0;
  while (true) {
    const auto comma = text.find(',', begin);
    const auto element = text.substr(begin, comma == std::string_view::npos ? comma : comma - begin);
    if (element.empty()) return wrong(rule, "a comma stands before nothing");
    OMNICRM_TRY(add_element(rule, element, field));
    if (comma == std::string_view::npos) return field;
    begin = comma + 1;
  }
}

std::vector<std::string_view> split(std::string_view text) {
  constexpr std::string_view space = " \t";
  std::vector<std::string_view> words;
  for (auto at = text.find_first_not_of(space); at != std::string_view::npos;
       at = text.find_first_not_of(space, at)) {
    const auto end = std::min(text.find_first_of(space, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

/// Whether a day of `days` exists in a month of `months`: the 30th of February does not.
bool has_date(std::uint64_t days, std::uint64_t months) {
  constexpr std::array<int, 13> longest = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int first = std::countr_zero(days);
  for (unsigned month = 1; month <= 12; ++month)
    if ((months >> month & 1) != 0 && first <= longest.at(month)) return true;
  return false;
}

}  // namespace

Result<CronFields> CronFields::parse(std::string_view expression) {
  if (expression.size() > longest_expression) return invalid("cron", "is over 1,000 bytes");
  const std::string text = text::lower_ascii(expression);
  std::vector<std::string_view> words = split(text);
  if (words.size() == 1 && words.front().front() == '@') {
    std::string_view meaning;
    for (const auto& [alias, meant] : aliases)
      if (alias == words.front()) meaning = meant;
    if (meaning.empty())
      return invalid("cron",
                     "there are @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly");
    words = split(meaning);
  }
  if (words.size() != 5 && words.size() != 6)
    return invalid("cron",
                   fmt::format("has {} fields; 5 are needed (minute, hour, day of month, month, day of "
                               "week), or 6 with seconds in front",
                               words.size()));
  CronFields fields;
  std::size_t at = 0;
  if (words.size() == 6) {
    OMNICRM_ASSIGN(const Field seconds, read_field(second_rule, words[at++]));
    fields.seconds = seconds.bits;
  }
  OMNICRM_ASSIGN(const Field minutes, read_field(minute_rule, words[at++]));
  OMNICRM_ASSIGN(const Field hours, read_field(hour_rule, words[at++]));
  OMNICRM_ASSIGN(const Field days, read_field(day_rule, words[at++]));
  OMNICRM_ASSIGN(const Field months, read_field(month_rule, words[at++]));
  OMNICRM_ASSIGN(const Field weekdays, read_field(weekday_rule, words[at]));
  fields.minutes = minutes.bits;
  fields.hours = hours.bits;
  fields.days = days.bits;
  fields.months = months.bits;
  fields.weekdays = weekdays.bits;
  fields.either_day = !days.starred && !weekdays.starred;
  fields.interval = minutes.starred || hours.starred;
  if (!fields.either_day && !has_date(fields.days, fields.months))
    return wrong(day_rule, "no month that is named has such a day");
  return fields;
}

}  // namespace omnicrm::jobs
