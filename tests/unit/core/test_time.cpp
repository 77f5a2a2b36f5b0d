#include <boost/test/unit_test.hpp>
#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/time.hpp>
#include <random>

using omnicrm::from_micros;
using omnicrm::parse_timestamp;
using omnicrm::to_micros;

namespace {

std::string again(std::string_view text) {
  const auto at = parse_timestamp(text);
  return at ? omnicrm::to_string(*at) : "refused";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(time_suite)

BOOST_AUTO_TEST_CASE(times_are_written_in_utc) {
  BOOST_TEST(omnicrm::to_string(from_micros(0)) == "1970-01-01T00:00:00Z");
  BOOST_TEST(omnicrm::to_string(from_micros(-1)) == "1969-12-31T23:59:59.999999Z");
  BOOST_TEST(omnicrm::to_string(from_micros(1'030'019'783'120'000)) == "2002-08-22T12:36:23.120Z");
}

// The examples of RFC 3339 section 5.8, and beyond.
BOOST_AUTO_TEST_CASE(times_are_read_with_any_offset) {
  BOOST_TEST(again("1985-04-12T23:20:50.52Z") == "1985-04-12T23:20:50.520Z");
  BOOST_TEST(again("1996-12-19T16:39:57-08:00") == "1996-12-20T00:39:57Z");
  BOOST_TEST(again("1990-12-31T23:59:60Z") == "1991-01-01T00:00:00Z");  // leap second
  BOOST_TEST(again("1937-01-01T12:00:27.87+00:20") == "1937-01-01T11:40:27.870Z");
  BOOST_TEST(again("2002-08-22t12:36:23z") == "2002-08-22T12:36:23Z");
  BOOST_TEST(again("2002-08-22 12:36:23.1234569Z") == "2002-08-22T12:36:23.123456Z");
  BOOST_TEST(again("2000-02-29") == "2000-02-29T00:00:00Z");
  BOOST_TEST(again("9999-12-31T23:59:59.999999Z") == "9999-12-31T23:59:59.999999Z");
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_refused) {
  for (const char* wrong : {"",
                            "2002",
                            "2002-08",
                            "2002-8-22",
                            "2001-02-29",
                            "2002-13-01",
                            "2002-00-01",
                            "2002-08-00",
                            "2002-08-22T",
                            "2002-08-22T12:36Z",
                            "2002-08-22T12:36:23",
                            "2002-08-22T24:00:00Z",
                            "2002-08-22T12:60:00Z",
                            "2002-08-22T12:36:61Z",
                            "2002-08-22T12:36:23.Z",
                            "2002-08-22T12:36:23+0100",
                            "2002-08-22T12:36:23+24:00",
                            "2002-08-22T12:36:23Z ",
                            " 2002-08-22",
                            "2002-08-22T12:36:23+01:60",
                            "+002-08-22",
                            "2002-08-22x"}) {
    const auto at = parse_timestamp(wrong);
    BOOST_TEST_CONTEXT(wrong) {
      BOOST_TEST_REQUIRE(!at.has_value());
      BOOST_TEST((at.error().code == omnicrm::ErrorCode::invalid_argument));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_time_survives_the_round_trip) {
  std::mt19937_64 random(3);
  const std::int64_t first = to_micros(*parse_timestamp("0001-01-01"));
  const std::int64_t last = to_micros(*parse_timestamp("9999-12-31T23:59:59.999999Z"));
  std::uniform_int_distribution<std::int64_t> any(first, last);
  for (int i = 0; i < 5000; ++i) {
    const auto at = from_micros(any(random));
    BOOST_TEST_REQUIRE((parse_timestamp(omnicrm::to_string(at)) == at));
    const auto day = std::chrono::floor<std::chrono::days>(at);
    BOOST_TEST_REQUIRE((omnicrm::parse_date(omnicrm::to_string_date(day)) == day));
  }
}

BOOST_AUTO_TEST_CASE(days_are_days_only) {
  BOOST_TEST(omnicrm::to_string_date(omnicrm::Date{}) == "1970-01-01");
  BOOST_TEST(omnicrm::to_string_date(omnicrm::parse_date("2004-02-29").value()) == "2004-02-29");
  BOOST_TEST(!omnicrm::parse_date("2003-02-29").has_value());
  BOOST_TEST(!omnicrm::parse_date("2004-02-29T00:00:00Z").has_value());
}

BOOST_AUTO_TEST_CASE(the_systems_clocks_run) {
  const auto clock = omnicrm::system_clock();
  BOOST_TEST(to_micros(clock->now()) > 1'700'000'000'000'000);  // after November 2023
  const auto before = clock->steady_now();
  BOOST_TEST((clock->steady_now() >= before));
}

BOOST_AUTO_TEST_CASE(what_could_not_be_written_again_is_not_read) {
  for (const char* text :
       {"0000-12-31", "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"}) {
    const auto at = parse_timestamp(text);
    BOOST_REQUIRE_MESSAGE(!at, text);
    BOOST_TEST(at.error().message.find("1 to 9999") != std::string::npos, at.error().message);
  }
  for (const char* text :
       {"0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00", "9999-12-31T23:59:59.999999Z"}) {
    const auto at = parse_timestamp(text);
    BOOST_REQUIRE_MESSAGE(at, text);
    BOOST_TEST((*parse_timestamp(omnicrm::to_string(*at)) == *at));
  }
}

BOOST_AUTO_TEST_SUITE_END()
