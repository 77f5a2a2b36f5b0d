#include <fmt/format.h>

#include <omnicrm/core/time.hpp>
#include <optional>

#include "core/errors.hpp"
#include "core/time_range.hpp"

namespace omnicrm {
namespace {

using std::chrono::microseconds;

// Reads fixed-width numbers and single characters from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  // One of `any`, or nothing.
  std::optional<char> one_of(std::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return std::nullopt;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

 private:
  std::string_view rest_;
};

std::optional<Date> read_date(Reader& in) {
  const auto year = in.digits(4);
  if (!year || !in.one_of("-")) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.one_of("-")) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Date{date};
}

// RFC 3339 section 5.6, partial-time. Second 60 is a leap second: the first of the next minute here.
std::optional<microseconds> read_time(Reader& in) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.one_of(":")) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59 || !in.one_of(":")) return std::nullopt;
  const auto second = in.digits(2);
  if (!second || *second > 60) return std::nullopt;
  std::int64_t micros = 0;
  if (in.one_of(".")) {
    int count = 0;
    for (; auto digit = in.digits(1); ++count) {
      if (count < 6) micros = micros * 10 + *digit;
    }
    if (count == 0) return std::nullopt;
    for (; count < 6; ++count) micros *= 10;
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         microseconds(micros);
}

std::optional<std::chrono::minutes> read_offset(Reader& in) {
  if (in.one_of("Zz")) return std::chrono::minutes(0);
  const auto sign = in.one_of("+-");
  if (!sign) return std::nullopt;
  const auto hours = in.digits(2);
  if (!hours || *hours > 23 || !in.one_of(":")) return std::nullopt;
  const auto minutes = in.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int total = *hours * 60 + *minutes;
  return std::chrono::minutes(*sign == '-' ? -total : total);
}

}  // namespace

std::string to_string_date(Date day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string to_string(Timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::int64_t rest = (at - day).count();
  const std::int64_t seconds = rest / 1'000'000;
  const std::int64_t micros = rest % 1'000'000;
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (micros % 1000 != 0) {
    fmt::format_to(std::back_inserter(out), ".{:06}", micros);
  } else if (micros != 0) {
    fmt::format_to(std::back_inserter(out), ".{:03}", micros / 1000);
  }
  out.push_back('Z');
  return fmt::to_string(out);
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  const auto wrong = [] {
    return invalid("time", "not an RFC 3339 time such as 2002-08-22T12:36:23Z, nor a day such as 2002-08-22");
  };
  Reader in(text);
  const auto date = read_date(in);
  if (!date) return wrong();
  const auto in_range = [](Timestamp at) -> Result<Timestamp> {
    if (!is_writable(at)) return invalid("time", "must be within the years 1 to 9999 in UTC");
    return at;
  };
  if (in.at_end()) return in_range(Timestamp(*date));
  if (!in.one_of("Tt ")) return wrong();
  const auto time = read_time(in);
  if (!time) return wrong();
  const auto offset = read_offset(in);
  if (!offset || !in.at_end()) return wrong();
  return in_range(Timestamp(*date) + *time - *offset);  // the offset may lead out of them
}

Result<Date> parse_date(std::string_view text) {
  Reader in(text);
  const auto date = read_date(in);
  if (!date || !in.at_end()) return invalid("date", "not a day such as 2002-08-22");
  return *date;
}

}  // namespace omnicrm
