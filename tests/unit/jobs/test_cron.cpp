// Cron expressions: the grammar, dates, clocks that are changed, and a slow oracle that steps minute by
// minute.
#ifndef USE_OS_TZDB
#define USE_OS_TZDB 1
#endif
#include <date/tz.h>

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "jobs/cron.hpp"

namespace {

using namespace omnicrm;
using jobs::Cron;
using jobs::CronFields;
using std::chrono::minutes;
using std::chrono::sys_seconds;

Timestamp at(std::string_view text) {
  return parse_timestamp(text).value();
}

Cron cron(std::string_view expression, std::string_view zone = "UTC") {
  auto made = Cron::parse(expression, zone);
  if (!made) BOOST_FAIL(made.error().message);
  return *made;
}

/// The next `count` times, as UTC, separated by spaces.
std::string times(std::string_view expression, std::string_view zone, std::string_view after, int count) {
  const Cron made = cron(expression, zone);
  std::string text;
  auto next = made.next(at(after));
  for (int i = 0; i < count && next; ++i, next = made.next(*next))
    text += (text.empty() ? "" : " ") + to_string(*next);
  return text;
}

void refused(std::string_view expression, std::string_view reason) {
  const auto made = CronFields::parse(expression);
  BOOST_TEST_CONTEXT(expression) {
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().code == ErrorCode::invalid_argument));
    BOOST_TEST(made.error().message.find("cron: " + std::string(reason)) == 0U, made.error().message);
  }
}

BOOST_AUTO_TEST_SUITE(jobs_cron)

BOOST_AUTO_TEST_CASE(what_is_no_expression_is_refused_and_the_field_is_named) {
  refused("", "has 0 fields");
  refused("* * * *", "has 4 fields");
  refused("* * * * * * *", "has 7 fields");
  refused("60 * * * *", "minute: 60 is outside of 0 to 59");
  refused("* 24 * * *", "hour: 24 is outside");
  refused("* * 0 * *", "day of month: 0 is outside of 1 to 31");
  refused("* * * 13 *", "month: 13 is outside");
  refused("* * * * 8", "day of week: 8 is outside");
  refused("60 * * * * *", "second: 60 is outside");
  refused("-1 * * * *", "minute: \"\" is no value");
  refused("1- * * * *", "minute: \"\" is no value");
  refused("1,,2 * * * *", "minute: a comma");
  refused("1, * * * *", "minute: a comma");
  refused("*/0 * * * *", "minute: \"*/0\": the step must be 1 to 60");
  refused("*/61 * * * *", "minute: \"*/61\"");
  refused("5/15 * * * *", "minute: \"5/15\": a step needs");
  refused("10-50/ * * * *", "minute: \"10-50/\"");
  refused("30-10 * * * *", "minute: \"30-10\" ends before it begins");
  refused("* * * * fri-mon", "day of week: \"fri-mon\" ends");
  refused("* * * foo *", "month: \"foo\" is no value");
  refused("* * * * jan", "day of week: \"jan\" is no value");
  refused("* * L * *", "day of month: \"l\" is no value");
  refused("99999999999999999999 * * * *", "minute:");
  refused("@reboot", "there are @yearly");
  refused("@", "there are");
  refused("0 0 30 2 *", "day of month: no month");
  refused("0 0 31 feb,apr,jun,sep,nov *", "day of month: no month");
  refused("0 0 31 4 */2", "day of month: no month");
  refused(std::string("* * * * *\0", 10), "day of week:");
  refused(std::string(1'001, ' '), "is over 1,000 bytes");
  BOOST_TEST(CronFields::parse("0 0 30 2 MON").has_value());  // or on Mondays
  for (const char* zone : {"", "Mars/Olympus", "../UTC", "/etc/passwd", "utc\n"}) {
    const auto made = Cron::parse("* * * * *", zone);
    BOOST_REQUIRE(!made);
    BOOST_TEST(made.error().message.find("zone: ") == 0U);
  }
  BOOST_TEST(!Cron::parse("* * * * *", std::string(70, 'x')));
  BOOST_TEST(!Cron::parse("* * * * *", std::string_view("UTC\0", 4)));
}

BOOST_AUTO_TEST_CASE(the_grammar) {
  const auto from = "2026-11-23T12:00:00Z";  // a Monday
  BOOST_TEST(times("*/15 * * * *", "UTC", from, 2) == "2026-11-23T12:15:00Z 2026-11-23T12:30:00Z");
  BOOST_TEST(times("10-30/10,55 9 * * *", "UTC", from, 4) ==
             "2026-11-24T09:10:00Z 2026-11-24T09:20:00Z 2026-11-24T09:30:00Z 2026-11-24T09:55:00Z");
  BOOST_TEST(times("0 9 * * MON-FRI", "UTC", "2026-11-27T10:00:00Z", 1) == "2026-11-30T09:00:00Z");
  BOOST_TEST(times("0 9 * * sat-sun", "UTC", from, 3) ==
             "2026-11-28T09:00:00Z 2026-11-29T09:00:00Z 2026-12-05T09:00:00Z");
  BOOST_TEST(times("0 9 * * 7", "UTC", from, 1) == times("0 9 * * 0", "UTC", from, 1));
  BOOST_TEST(times("0 0 1 JAN,Jul *", "UTC", from, 2) == "2027-01-01T00:00:00Z 2027-07-01T00:00:00Z");
  BOOST_TEST(times("  0\t0  1 * * ", "UTC", from, 1) == "2026-12-01T00:00:00Z");
  BOOST_TEST(times("5,35 * * * * *", "UTC", from, 3) ==
             "2026-11-23T12:00:05Z 2026-11-23T12:00:35Z 2026-11-23T12:01:05Z");
  BOOST_TEST(times("30 59 23 31 12 *", "UTC", from, 1) == "2026-12-31T23:59:30Z");
  BOOST_TEST(times("@yearly", "UTC", from, 1) == "2027-01-01T00:00:00Z");
  BOOST_TEST(times("@Annually", "UTC", from, 1) == "2027-01-01T00:00:00Z");
  BOOST_TEST(times("@monthly", "UTC", from, 1) == "2026-12-01T00:00:00Z");
  BOOST_TEST(times("@weekly", "UTC", from, 1) == "2026-11-29T00:00:00Z");
  BOOST_TEST(times("@daily", "Asia/Kathmandu", from, 1) == "2026-11-23T18:15:00Z");
  BOOST_TEST(times("@midnight", "UTC", from, 1) == "2026-11-24T00:00:00Z");
  BOOST_TEST(times("@hourly", "Asia/Kathmandu", from, 1) == "2026-11-23T12:15:00Z");
}

BOOST_AUTO_TEST_CASE(a_fire_time_is_later_than_asked_to_the_microsecond) {
  const Cron daily = cron("0 12 * * *");
  const Timestamp noon = at("2026-11-23T12:00:00Z");
  BOOST_TEST((daily.next(noon - std::chrono::microseconds(1)) == noon));
  BOOST_TEST((daily.next(noon) == noon + std::chrono::days(1)));
  BOOST_TEST((daily.next(noon + std::chrono::microseconds(1)) == noon + std::chrono::days(1)));
}

BOOST_AUTO_TEST_CASE(both_day_fields_restricted_mean_either) {
  // The 13th, and Fridays.
  BOOST_TEST(times("0 0 13 * FRI", "UTC", "2026-11-01T00:00:00Z", 4) ==
             "2026-11-06T00:00:00Z 2026-11-13T00:00:00Z 2026-11-20T00:00:00Z 2026-11-27T00:00:00Z");
  BOOST_TEST(times("0 0 12 * FRI", "UTC", "2026-11-07T00:00:00Z", 2) ==
             "2026-11-12T00:00:00Z 2026-11-13T00:00:00Z");
  // A field with a star restricts nothing away from the other: Fridays with an odd number.
  BOOST_TEST(times("0 0 */2 * FRI", "UTC", "2026-11-01T00:00:00Z", 2) ==
             "2026-11-13T00:00:00Z 2026-11-27T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(leap_days) {
  BOOST_TEST(times("0 0 29 2 *", "UTC", "2026-11-23T00:00:00Z", 2) ==
             "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z");
  BOOST_TEST(times("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1) == "2104-02-29T00:00:00Z");  // not 2100
  BOOST_TEST(times("0 0 29 2 *", "UTC", "1999-03-01T00:00:00Z", 1) == "2000-02-29T00:00:00Z");
  BOOST_TEST(times("0 0 31 * *", "UTC", "2027-01-31T00:00:00Z", 2) ==
             "2027-03-31T00:00:00Z 2027-05-31T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(time_ends_with_the_year_9999) {
  BOOST_TEST(times("0 0 * * *", "UTC", "9999-12-30T12:00:00Z", 5) == "9999-12-31T00:00:00Z");
  BOOST_TEST(!cron("* * * * *").next(at("9999-12-31T23:59:59Z")));
  BOOST_TEST(!cron("* * * * *").next(Timestamp::max()));
  BOOST_TEST(to_string(*cron("0 0 * * *").next(Timestamp::min())) == "0001-01-02T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_time_of_day_that_is_skipped_fires_after_the_gap_once) {
  // Berlin, 2027-03-28: 02:00 CET is followed by 03:00 CEST, 01:00 UTC.
  BOOST_TEST(times("30 2 * * *", "Europe/Berlin", "2027-03-27T00:00:00Z", 3) ==
             "2027-03-27T01:30:00Z 2027-03-28T01:00:00Z 2027-03-29T00:30:00Z");
  BOOST_TEST(times("0,15,45 2,3 * * *", "Europe/Berlin", "2027-03-28T00:30:00Z", 3) ==
             "2027-03-28T01:00:00Z 2027-03-28T01:15:00Z 2027-03-28T01:45:00Z");
  // New York, 2027-03-14: 02:00 EST is 03:00 EDT, 07:00 UTC.
  BOOST_TEST(times("30 2 * * *", "America/New_York", "2027-03-14T00:00:00Z", 2) ==
             "2027-03-14T07:00:00Z 2027-03-15T06:30:00Z");
  // Lord Howe, 2026-10-04: 02:00 +10:30 is 02:30 +11, 15:30 UTC of the day before.
  BOOST_TEST(times("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2) ==
             "2026-10-03T15:30:00Z 2026-10-04T15:15:00Z");
  // Cairo, 2026-04-24: midnight does not exist.
  BOOST_TEST(times("0 0 * * *", "Africa/Cairo", "2026-04-23T00:00:00Z", 2) ==
             "2026-04-23T22:00:00Z 2026-04-24T21:00:00Z");
  // Apia had no 2011-12-30: from UTC-10 to UTC+14 at 10:00 UTC.
  BOOST_TEST(times("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2) ==
             "2011-12-30T10:00:00Z 2012-12-29T19:00:00Z");
  BOOST_TEST(times("0 9 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", 3) ==
             "2011-12-29T19:00:00Z 2011-12-30T10:00:00Z 2011-12-30T19:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_time_of_day_that_comes_twice_fires_first_and_once) {
  // Berlin, 2026-10-25: 03:00 CEST is 02:00 CET, 01:00 UTC.
  BOOST_TEST(times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2) ==
             "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z");
  BOOST_TEST(times("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1) == "2026-10-26T01:30:00Z");
  BOOST_TEST(times("0 3 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", 1) == "2026-10-25T02:00:00Z");
  BOOST_TEST(times("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 2) ==
             "2026-11-01T05:30:00Z 2026-11-02T06:30:00Z");
  BOOST_TEST(times("45 1 * * *", "Australia/Lord_Howe", "2027-04-03T00:00:00Z", 2) ==
             "2027-04-03T14:45:00Z 2027-04-04T15:15:00Z");
}

BOOST_AUTO_TEST_CASE(intervals_follow_the_clock) {
  // Each hour of real time, through the gap and through the hour that comes twice.
  BOOST_TEST(times("0 * * * *", "Europe/Berlin", "2027-03-27T23:30:00Z", 3) ==
             "2027-03-28T00:00:00Z 2027-03-28T01:00:00Z 2027-03-28T02:00:00Z");
  BOOST_TEST(times("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4) ==
             "2026-10-25T00:00:00Z 2026-10-25T01:00:00Z 2026-10-25T02:00:00Z 2026-10-25T03:00:00Z");
  BOOST_TEST(times("*/30 2 * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 5) ==
             "2026-10-25T00:00:00Z 2026-10-25T00:30:00Z 2026-10-25T01:00:00Z 2026-10-25T01:30:00Z "
             "2026-10-26T01:00:00Z");
  // What the clock does not show does not come: 02:xx is not there on that day.
  BOOST_TEST(times("*/30 2 * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", 1) == "2027-03-29T00:00:00Z");
  BOOST_TEST(times("0 */2 * * *", "Europe/Berlin", "2027-03-27T23:30:00Z", 1) == "2027-03-28T02:00:00Z");
  BOOST_TEST(times("*/15 * * * *", "Australia/Lord_Howe", "2026-10-03T15:20:00Z", 2) ==
             "2026-10-03T15:30:00Z 2026-10-03T15:45:00Z");
}

BOOST_AUTO_TEST_CASE(ranges_of_fire_times) {
  const Cron hourly = cron("0 * * * *");
  const Timestamp from = at("2026-01-01T00:00:00Z");
  const Timestamp until = at("2026-12-31T23:30:00Z");
  BOOST_TEST((hourly.last(from, until) == at("2026-12-31T23:00:00Z")));
  BOOST_TEST((hourly.last(from, from) == from));
  BOOST_TEST(!hourly.last(from + minutes(1), from + minutes(59)));
  BOOST_TEST(!hourly.last(until, from));
  BOOST_TEST(hourly.between(from, from + std::chrono::hours(5), 10).size() == 6U);
  const auto latest = hourly.between(from, until, 100);
  BOOST_REQUIRE(latest.size() == 100U);
  BOOST_TEST((latest.back() == at("2026-12-31T23:00:00Z")));
  BOOST_TEST((latest.front() == latest.back() - std::chrono::hours(99)));
  BOOST_TEST((cron("0 0 1 1 *").last(at("2001-01-01T00:00:00Z"), until) == from));
}

// --- the oracle --------------------------------------------------------------------------------------

/// A random field: its text and what it means.
struct Field {
  std::string text;
  std::set<int> values;
  bool starred = false;
};

class Fields {
 public:
  explicit Fields(unsigned seed) : random_(seed) {}

  int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  Field field(int low, int high, int odds_of_star) {
    Field made;
    if (number(0, 99) < odds_of_star) {
      made.starred = true;
      const int step = number(0, 1) == 0 ? 1 : number(1, (high - low + 1) / 2);
      made.text = step == 1 ? "*" : "*/" + std::to_string(step);
      for (int value = low; value <= high; value += step) made.values.insert(value);
      return made;
    }
    const int elements = number(1, 3);
    for (int i = 0; i < elements; ++i) {
      const int first = number(low, high);
      const int last = number(0, 2) == 0 ? number(first, high) : first;
      const int step = last > first ? number(1, last - first + 1) : 1;
      made.text += (i > 0 ? "," : "") + std::to_string(first);
      if (last > first) made.text += "-" + std::to_string(last);
      if (last > first && step > 1) made.text += "/" + std::to_string(step);
      for (int value = first; value <= last; value += step) made.values.insert(value);
    }
    return made;
  }

 private:
  std::mt19937 random_;
};

/// Looks at every minute.
struct Oracle {
  Field minute, hour, day, month, weekday;
  const date::time_zone* zone;

  [[nodiscard]] std::string text() const {
    return minute.text + ' ' + hour.text + ' ' + day.text + ' ' + month.text + ' ' + weekday.text;
  }

  [[nodiscard]] sys_seconds wall(sys_seconds instant) const {
    return sys_seconds(zone->to_local(instant).time_since_epoch());
  }

  [[nodiscard]] bool fits(sys_seconds shown) const {
    const auto of_day = std::chrono::floor<std::chrono::days>(shown);
    const std::chrono::year_month_day date(of_day);
    const auto past = std::chrono::duration_cast<minutes>(shown - of_day).count();
    if (!minute.values.contains(static_cast<int>(past % 60)) ||
        !hour.values.contains(static_cast<int>(past / 60)) ||
        !month.values.contains(static_cast<int>(static_cast<unsigned>(date.month()))))
      return false;
    const bool by_day = day.values.contains(static_cast<int>(static_cast<unsigned>(date.day())));
    const bool by_weekday =
        weekday.values.contains(static_cast<int>(std::chrono::weekday(of_day).c_encoding()));
    return day.starred || weekday.starred ? by_day && by_weekday : by_day || by_weekday;
  }

  [[nodiscard]] bool fires(sys_seconds instant) const {
    const sys_seconds shown = wall(instant);
    if (minute.starred || hour.starred) return fits(shown);
    if (fits(shown)) {
      for (auto before = instant - minutes(1); before > instant - std::chrono::hours(26);
           before -= minutes(1))
        if (wall(before) == shown) return false;
      return true;
    }
    for (auto skipped = wall(instant - minutes(1)) + minutes(1); skipped < shown; skipped += minutes(1))
      if (fits(skipped)) return true;
    return false;
  }
};

BOOST_AUTO_TEST_CASE(it_agrees_with_stepping_through_every_minute) {
  struct Change {
    const char* zone;
    const char* at;
  };
  const Change changes[] = {
      {"Europe/Berlin", "2027-03-28T01:00:00Z"},       {"Europe/Berlin", "2026-10-25T01:00:00Z"},
      {"America/New_York", "2027-03-14T07:00:00Z"},    {"America/New_York", "2026-11-01T06:00:00Z"},
      {"Australia/Lord_Howe", "2026-10-03T15:30:00Z"}, {"Australia/Lord_Howe", "2027-04-03T15:00:00Z"},
      {"Asia/Kathmandu", "1985-12-31T18:30:00Z"},      {"Africa/Cairo", "2026-04-23T22:00:00Z"},
      {"Africa/Cairo", "2026-10-29T21:00:00Z"},        {"Pacific/Apia", "2011-12-30T10:00:00Z"},
      {"America/Sao_Paulo", "2018-11-04T03:00:00Z"},   {"UTC", "2028-02-29T00:00:00Z"},
  };
  Fields random(20261123);
  int fired = 0;
  for (const Change& change : changes) {
    for (int round = 0; round < 40; ++round) {
      const Oracle oracle{random.field(0, 59, 30), random.field(0, 23, 30), random.field(1, 31, 70),
                          random.field(1, 12, 90), random.field(0, 6, 70),  date::locate_zone(change.zone)};
      const auto parsed = Cron::parse(oracle.text(), change.zone);
      if (!parsed) {  // a date that does not exist
        BOOST_TEST(parsed.error().message.find("no month") != std::string::npos);
        continue;
      }
      const auto middle = std::chrono::floor<minutes>(at(change.at));
      const sys_seconds begin = middle - minutes(random.number(0, 3 * 1440));
      const sys_seconds end = middle + minutes(random.number(0, 3 * 1440));
      std::vector<Timestamp> expected;
      for (sys_seconds instant = begin; instant <= end; instant += minutes(1))
        if (oracle.fires(instant)) expected.emplace_back(instant);
      std::vector<Timestamp> found;
      auto next = parsed->next(begin - std::chrono::seconds(1));
      for (; next && *next <= end; next = parsed->next(*next)) found.push_back(*next);
      BOOST_TEST_CONTEXT(change.zone << ": " << oracle.text() << " from " << to_string(Timestamp(begin))) {
        BOOST_REQUIRE(found == expected);
        BOOST_REQUIRE(parsed->between(begin, end, 10'000) == expected);
        if (expected.size() > 3) {
          BOOST_REQUIRE(parsed->between(begin, end, 3) ==
                        std::vector<Timestamp>(expected.end() - 3, expected.end()));
        }
      }
      fired += static_cast<int>(found.size());
    }
  }
  BOOST_TEST(fired > 10'000);  // the oracle has something to say
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
