#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "providers/files/calendar.hpp"
#include "providers/files/recurrence.hpp"

using namespace omnicrm;
using namespace omnicrm::files;

namespace {

std::string fixture(const std::string& name) {
  return std::string(OMNICRM_FIXTURES) + "/calendar/" + name;
}

std::vector<CalendarItem> read_all(CalendarReader reader) {
  std::vector<CalendarItem> items;
  CalendarItem item;
  for (;;) {
    const auto more = reader.next(item);
    BOOST_REQUIRE(more.has_value());
    if (!*more) return items;
    items.push_back(item);
  }
}

std::vector<CalendarItem> read_file(const std::string& name) {
  auto reader = CalendarReader::open(fixture(name));
  BOOST_REQUIRE(reader.has_value());
  return read_all(std::move(*reader));
}

std::vector<CalendarItem> read_text(const std::string& text, const CalendarOptions& options = {}) {
  auto reader = CalendarReader::from_memory(text, options);
  BOOST_REQUIRE(reader.has_value());
  return read_all(std::move(*reader));
}

/// The events of a calendar that has these lines in one or more VEVENTs.
std::vector<CalendarEvent> events(const std::string& lines) {
  std::vector<CalendarEvent> out;
  for (auto& item : read_text("BEGIN:VCALENDAR\n" + lines + "END:VCALENDAR\n")) {
    BOOST_REQUIRE(item.event.has_value());
    out.push_back(std::move(*item.event));
  }
  return out;
}

CalendarEvent event(const std::string& lines) {
  auto all = events("BEGIN:VEVENT\nUID:x\n" + lines + "END:VEVENT\n");
  BOOST_REQUIRE_EQUAL(all.size(), 1);
  return std::move(all.front());
}

ExpandOptions window(const std::string& from, const std::string& to) {
  ExpandOptions options;
  options.window_start = parse_timestamp(from).value();
  options.window_end = parse_timestamp(to).value();
  return options;
}

std::string starts(const Expansion& expansion) {
  std::string out;
  for (const EventInstance& instance : expansion.instances) {
    if (!out.empty()) out += ' ';
    out += instance.all_day ? to_string_date(instance.start_date) : to_string(instance.start);
  }
  return out;
}

std::string expanded(const std::string& lines, const std::string& from, const std::string& to) {
  return starts(expand(event(lines), {}, window(from, to)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(calendar)

BOOST_AUTO_TEST_CASE(google_calendar_export) {
  const auto items = read_file("google.ics");
  BOOST_REQUIRE_EQUAL(items.size(), 3);
  const CalendarEvent& sync = items[0].event.value();
  BOOST_TEST(sync.uid == "2hg5kq8a9v@google.com");
  BOOST_TEST(sync.title == "Team 周会 🚀");
  BOOST_TEST(sync.description == "Weekly sync\nAgenda:\n1. Numbers, plans; rest");
  BOOST_TEST(sync.location == "Room 4, Haus B");
  BOOST_TEST(to_string(sync.start) == "2026-03-23T08:00:00Z");
  BOOST_TEST(to_string(sync.end) == "2026-03-23T08:30:00Z");
  BOOST_TEST(sync.zone == "Europe/Berlin");
  BOOST_TEST(sync.conference_link == "https://meet.google.com/abc-defg-hij");
  BOOST_TEST(sync.sequence == 2);
  BOOST_TEST(to_string(sync.last_modified.value()) == "2026-03-15T09:10:11Z");
  BOOST_TEST(sync.organizer.value().address == "ada@example.com");
  BOOST_REQUIRE_EQUAL(sync.attendees.size(), 3);
  BOOST_TEST(sync.attendees[0].name == "Ada Lovelace");
  BOOST_TEST(sync.attendees[0].partstat == "accepted");
  BOOST_TEST(sync.attendees[1].name == "");  // the address again is no name
  BOOST_TEST(sync.attendees[1].role == "opt-participant");
  BOOST_TEST(sync.attendees[2].cutype == "resource");
  BOOST_TEST(sync.attendees[2].name == "Room 4, Haus B");
  BOOST_TEST(sync.method == "PUBLISH");
  BOOST_TEST(sync.problems.empty());
  BOOST_TEST(items[1].event->recurrence_id.value() == "2026-03-30T07:00:00Z");
  const CalendarEvent& holiday = items[2].event.value();
  BOOST_TEST(holiday.all_day);
  BOOST_TEST(to_string_date(holiday.start_date) == "2026-05-01");
  BOOST_TEST(to_string_date(holiday.end_date) == "2026-05-04");
  BOOST_TEST((holiday.status == EventStatus::tentative));
  BOOST_TEST(holiday.title == "חופשה בים");
}

BOOST_AUTO_TEST_CASE(wall_time_stays_when_the_clocks_change_and_exceptions_hold) {
  const auto items = read_file("google.ics");
  const std::vector<CalendarEvent> overrides{items[1].event.value()};
  const auto all = expand(items[0].event.value(), overrides, window("2026-03-01", "2026-04-15"));
  // 23 March is winter time; 30 March was moved to the 31st; 6 April is excluded; 13 April is summer time.
  BOOST_TEST(starts(all) == "2026-03-23T08:00:00Z 2026-03-31T12:00:00Z 2026-04-13T07:00:00Z");
  BOOST_TEST(all.instances[1].original_start == "2026-03-30T07:00:00Z");
  BOOST_TEST(all.instances[1].override_index == 0);
  BOOST_TEST(all.truncated);
  BOOST_TEST((all.cut == ExpansionCut::window));
}

BOOST_AUTO_TEST_CASE(outlook_windows_zone_and_custom_zone) {
  const auto items = read_file("outlook.ics");
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  const CalendarEvent& review = items[0].event.value();
  BOOST_TEST(review.zone == "W. Europe Standard Time");
  BOOST_TEST(review.iana_zone == "Europe/Berlin");
  BOOST_TEST(to_string(review.start) == "2026-07-15T08:00:00Z");
  BOOST_TEST(review.method == "REQUEST");
  BOOST_TEST(review.conference_link == "https://teams.microsoft.com/l/meetup-join/19%3ameeting_X?context=1");
  BOOST_TEST(review.attendees[0].address == "");
  BOOST_TEST(review.attendees[0].name == "Hopper, Grace");
  BOOST_TEST(review.attendees[1].address == "linus@example.org");
  // The file's own VTIMEZONE: +04:30 in summer.
  BOOST_TEST(to_string(items[1].event->start) == "2026-07-15T05:30:00Z");
  BOOST_TEST(items[1].event->iana_zone == "");
  BOOST_TEST(items[1].event->problems.empty());
}

BOOST_AUTO_TEST_CASE(apple_calendar_overlap_and_leap_days) {
  const auto items = read_file("apple.ics");
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  const CalendarEvent& late = items[0].event.value();
  BOOST_TEST(late.iana_zone == "America/New_York");
  BOOST_TEST(to_string(late.start) == "2026-11-01T04:30:00Z");
  BOOST_TEST(to_string(late.end) == "2026-11-01T05:30:00Z");  // 01:30 happens twice: the first
  BOOST_TEST(late.conference_link == "https://us02web.zoom.us/j/8675309?pwd=x");
  BOOST_TEST(late.attendees[0].address == "tim@example.com");
  const auto leap = expand(items[1].event.value(), {}, window("2000-01-01", "2013-01-01"));
  BOOST_TEST(starts(leap) == "2000-02-29 2004-02-29 2008-02-29 2012-02-29");
  BOOST_TEST(to_string_date(leap.instances[1].end_date) == "2004-03-01");
}

BOOST_AUTO_TEST_CASE(times_in_a_gap_take_the_offset_before_it) {
  // RFC 5545 section 3.3.5: 02:30 on 29 March 2026 does not exist in Berlin; +01:00 still holds.
  BOOST_TEST(to_string(event("DTSTART;TZID=Europe/Berlin:20260329T023000\n").start) ==
             "2026-03-29T01:30:00Z");
}

BOOST_AUTO_TEST_CASE(zone_names_of_all_kinds) {
  BOOST_TEST(iana_zone_name("Eastern Standard Time") == "America/New_York");
  BOOST_TEST(iana_zone_name("/mozilla.org/20070129_1/Europe/Berlin") == "Europe/Berlin");
  BOOST_TEST(iana_zone_name("/freeassociation.sourceforge.net/America/Argentina/Ushuaia") ==
             "America/Argentina/Ushuaia");
  BOOST_TEST(iana_zone_name("tzone://Microsoft/Utc") == "UTC");
  BOOST_TEST(iana_zone_name("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna") ==
             "Europe/Berlin");
  BOOST_TEST(iana_zone_name("../../etc/passwd") == "");
  BOOST_TEST(iana_zone_name("Atlantis") == "");
  ZoneBook zones;
  BOOST_TEST(zones.find("GMT+0530")->to_utc(WallTime(std::chrono::hours(6))).time_since_epoch().count() ==
             30LL * 60 * 1000000);
  BOOST_TEST(!zones.find("Atlantis"));
}

BOOST_AUTO_TEST_CASE(floating_times_use_the_default_zone) {
  const std::string text = "BEGIN:VEVENT\nUID:f\nDTSTART:20260715T120000\nEND:VEVENT\n";
  BOOST_TEST(to_string(read_text(text, {.default_zone = "Asia/Tokyo"})[0].event->start) ==
             "2026-07-15T03:00:00Z");
  BOOST_TEST(to_string(read_text(text)[0].event->start) == "2026-07-15T12:00:00Z");
  const std::string named = "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Europe/Dublin\n" + text + "END:VCALENDAR\n";
  BOOST_TEST(to_string(read_text(named)[0].event->start) == "2026-07-15T11:00:00Z");
}

BOOST_AUTO_TEST_CASE(broken_components_are_items_and_reading_goes_on) {
  const auto items = read_file("broken.ics");
  BOOST_REQUIRE_EQUAL(items.size(), 5);
  BOOST_TEST(items[0].event.error().message.find("no DTSTART") != std::string::npos);
  BOOST_TEST(items[0].event.error().message.find("broken.ics") != std::string::npos);
  BOOST_TEST(items[0].event.error().message.find(std::to_string(items[0].position)) != std::string::npos);
  BOOST_TEST(items[1].event.error().message.find("no END:VEVENT") != std::string::npos);
  BOOST_TEST(items[2].event.value().uid == "good-1");
  BOOST_TEST(items[3].event.value().problems.size() == 3);  // two zones, and an end before the start
  BOOST_TEST(items[4].event.error().message.find("before the end of the file") != std::string::npos);
  const auto odd = expand(items[3].event.value(), {}, window("2026-01-01", "2027-01-01"));
  BOOST_TEST(odd.instances.size() == 1);
  BOOST_TEST(odd.problems.size() == 1);
}

BOOST_AUTO_TEST_CASE(reading_resumes_at_any_position_with_the_zones_of_the_file) {
  const auto items = read_file("outlook.ics");
  auto resumed = CalendarReader::open(fixture("outlook.ics"), items[0].next);
  BOOST_REQUIRE(resumed.has_value());
  const auto rest = read_all(std::move(*resumed));
  BOOST_REQUIRE_EQUAL(rest.size(), 1);
  BOOST_TEST(rest[0].event->uid == "custom-1");
  BOOST_TEST(rest[0].position == items[1].position);
  BOOST_TEST(to_string(rest[0].event->start) == "2026-07-15T05:30:00Z");
  BOOST_TEST(rest[0].event->method == "REQUEST");
}

BOOST_AUTO_TEST_CASE(missing_files_say_so) {
  const auto reader = CalendarReader::open(fixture("not-there.ics"));
  BOOST_REQUIRE(!reader.has_value());
  BOOST_TEST((reader.error().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_CASE(a_never_ending_secondly_rule_is_cut) {
  const auto start = std::chrono::steady_clock::now();
  auto options = window("2026-01-01", "2027-01-01");
  const auto all = expand(event("DTSTART:20020101T000000Z\nRRULE:FREQ=SECONDLY\n"), {}, options);
  BOOST_TEST(all.instances.size() == 1000);
  BOOST_TEST(all.truncated);
  BOOST_TEST((all.cut == ExpansionCut::instances));
  BOOST_TEST(to_string(all.instances.front().start) == "2026-01-01T00:00:00Z");
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(rules_that_match_nothing_end_soon) {
  const auto begin = std::chrono::steady_clock::now();
  const auto far = window("2026-01-01", "2200-01-01");
  for (const char* rule :
       {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31",
        "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;BYSETPOS=7", "FREQ=MONTHLY;BYMONTHDAY=31;BYSETPOS=2"}) {
    const auto all = expand(event(std::string("DTSTART:20260105T000000Z\nRRULE:") + rule + "\n"), {}, far);
    BOOST_TEST_CONTEXT(rule) {
      BOOST_TEST(all.instances.size() == 1);  // DTSTART always counts
    }
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(rules_that_cannot_be_used_say_so) {
  for (const char* rule :
       {"FREQ=WEEKLY;BYDAY=TU;BYSETPOS=7", "FREQ=OFTEN", "COUNT=3", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYHOUR=25", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=HOURLY;BYWEEKNO=3"}) {
    const auto all = expand(event(std::string("DTSTART:20260105T000000Z\nRRULE:") + rule + "\n"), {},
                            window("2026-01-01", "2027-01-01"));
    BOOST_TEST_CONTEXT(rule) {
      BOOST_TEST(all.instances.size() == 1);
      BOOST_TEST(all.problems.size() == 1);
      BOOST_TEST(!all.truncated);
    }
  }
}

BOOST_AUTO_TEST_CASE(examples_of_rfc_5545) {
  // Section 3.8.5.3, in UTC.
  BOOST_TEST(expanded("DTSTART:19970902T090000Z\nRRULE:FREQ=DAILY;COUNT=3\n", "1997-01-01", "1999-01-01") ==
             "1997-09-02T09:00:00Z 1997-09-03T09:00:00Z 1997-09-04T09:00:00Z");
  BOOST_TEST(
      expanded("DTSTART:19970902T090000Z\nRRULE:FREQ=WEEKLY;UNTIL=19970917T000000Z;WKST=SU;BYDAY=TU,TH\n",
               "1997-01-01", "1999-01-01") ==
      "1997-09-02T09:00:00Z 1997-09-04T09:00:00Z 1997-09-09T09:00:00Z 1997-09-11T09:00:00Z "
      "1997-09-16T09:00:00Z");
  BOOST_TEST(expanded("DTSTART:19970905T090000Z\nRRULE:FREQ=MONTHLY;COUNT=3;BYDAY=1FR\n", "1997-01-01",
                      "1999-01-01") == "1997-09-05T09:00:00Z 1997-10-03T09:00:00Z 1997-11-07T09:00:00Z");
  BOOST_TEST(
      expanded("DTSTART:19970902T090000Z\nRRULE:FREQ=MONTHLY;COUNT=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1\n",
               "1997-01-01", "1999-01-01") ==
      "1997-09-02T09:00:00Z 1997-09-30T09:00:00Z 1997-10-31T09:00:00Z 1997-11-28T09:00:00Z");
  BOOST_TEST(expanded("DTSTART:19970902T090000Z\nRRULE:FREQ=DAILY;COUNT=4;BYHOUR=9,10;BYMINUTE=0,30\n",
                      "1997-01-01", "1999-01-01") ==
             "1997-09-02T09:00:00Z 1997-09-02T09:30:00Z 1997-09-02T10:00:00Z 1997-09-02T10:30:00Z");
  BOOST_TEST(expanded("DTSTART:19970902T090000Z\nRRULE:FREQ=MINUTELY;INTERVAL=90;COUNT=3\n", "1997-01-01",
                      "1999-01-01") == "1997-09-02T09:00:00Z 1997-09-02T10:30:00Z 1997-09-02T12:00:00Z");
  BOOST_TEST(expanded("DTSTART:19970902T090000Z\nRRULE:FREQ=HOURLY;BYDAY=FR;BYHOUR=9;COUNT=2\n", "1997-01-01",
                      "1999-01-01") == "1997-09-02T09:00:00Z 1997-09-05T09:00:00Z 1997-09-12T09:00:00Z");
}

BOOST_AUTO_TEST_CASE(until_is_a_moment_even_if_the_start_has_a_zone) {
  // Until 08:00 UTC, which is 09:00 in Berlin on 27 March: that day is still in.
  const auto all =
      expanded("DTSTART;TZID=Europe/Berlin:20260325T090000\nRRULE:FREQ=DAILY;UNTIL=20260327T080000Z\n",
               "2026-01-01", "2027-01-01");
  BOOST_TEST(all == "2026-03-25T08:00:00Z 2026-03-26T08:00:00Z 2026-03-27T08:00:00Z");
}

BOOST_AUTO_TEST_CASE(extra_and_excluded_dates) {
  BOOST_TEST(
      expanded("DTSTART:20260101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260102T100000Z\n"
               "RDATE:20260110T120000Z\nRDATE;VALUE=PERIOD:20260111T120000Z/PT3H\n",
               "2026-01-01", "2026-02-01") ==
      "2026-01-01T10:00:00Z 2026-01-03T10:00:00Z 2026-01-10T12:00:00Z 2026-01-11T12:00:00Z");
  const auto period = expand(event("DTSTART:20260101T100000Z\nRDATE;VALUE=PERIOD:20260111T120000Z/PT3H\n"),
                             {}, window("2026-01-05", "2026-02-01"));
  BOOST_REQUIRE_EQUAL(period.instances.size(), 1);
  BOOST_TEST(to_string(period.instances[0].end) == "2026-01-11T15:00:00Z");
  BOOST_TEST(!period.truncated);
  // Outlook excludes by date; 23:00 UTC on the 1st is the 2nd in Berlin.
  BOOST_TEST(expanded("DTSTART;TZID=Europe/"
                      "Berlin:20260101T000000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20260102\n",
                      "2025-12-01", "2026-02-01") == "2025-12-31T23:00:00Z 2026-01-02T23:00:00Z");
  BOOST_TEST(expanded("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;COUNT=4\nEXRULE:FREQ=DAILY;INTERVAL=2\n",
                      "2026-01-01", "2026-02-01") == "2026-01-02 2026-01-04");
}

BOOST_AUTO_TEST_CASE(cancelled_instances_and_changes_of_all_that_follow) {
  const auto all = events(
      "BEGIN:VEVENT\nUID:x\nDTSTART;TZID=Europe/Dublin:20020805T100000\nDTEND;TZID=Europe/"
      "Dublin:20020805T110000\n"
      "RRULE:FREQ=WEEKLY;COUNT=5\nSUMMARY:Weekly\nEND:VEVENT\n"
      "BEGIN:VEVENT\nUID:x\nRECURRENCE-ID:20020812T090000Z\nDTSTART;TZID=Europe/"
      "Dublin:20020812T100000\nSTATUS:CANCELLED\n"
      "END:VEVENT\n"
      "BEGIN:VEVENT\nUID:x\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Dublin:20020826T100000\n"
      "DTSTART;TZID=Europe/Dublin:20020827T140000\nDURATION:PT30M\nSUMMARY:Now on Tuesdays\nEND:VEVENT\n");
  const std::vector<CalendarEvent> overrides(all.begin() + 1, all.end());
  const auto out = expand(all[0], overrides, window("2002-01-01", "2003-01-01"));
  BOOST_TEST(starts(out) ==
             "2002-08-05T09:00:00Z 2002-08-12T09:00:00Z 2002-08-19T09:00:00Z 2002-08-27T13:00:00Z "
             "2002-09-03T13:00:00Z");
  BOOST_TEST((out.instances[1].status == EventStatus::cancelled));
  BOOST_TEST(out.instances[4].original_start == "2002-09-02T09:00:00Z");
  BOOST_TEST(out.instances[4].override_index == 1);
  BOOST_TEST(to_string(out.instances[4].end) == "2002-09-03T13:30:00Z");
  BOOST_TEST(!out.truncated);
}

BOOST_AUTO_TEST_CASE(multi_day_events_overlap_the_window) {
  const auto conference = event("DTSTART:20020701T090000Z\nDTEND:20020705T170000Z\n");
  BOOST_TEST(expand(conference, {}, window("2002-07-03", "2002-07-04")).instances.size() == 1);
  BOOST_TEST(expand(conference, {}, window("2002-07-05T17:00:00Z", "2002-07-06")).instances.empty());
  BOOST_TEST(to_string_date(conference.end_date) == "2002-07-06");
}

BOOST_AUTO_TEST_CASE(odd_bytes_are_mended) {
  const auto nul = event(std::string("DTSTART:20260101T100000Z\nSUMMARY:a") + std::string(1, '\0') + "b\n");
  BOOST_TEST(nul.title ==
             "a\xEF\xBF\xBD"
             "b");
  BOOST_TEST(event("DTSTART:20260101T100000Z\nSUMMARY:Caf\xE9\n").title == "Café");
  // A fold may cut a code point in two (RFC 5545 section 3.1).
  BOOST_TEST(event("DTSTART:20260101T100000Z\nSUMMARY:\xF0\x9F\n \x9A\x80\n").title == "🚀");
  BOOST_TEST((event("DTSTART:20260101T100000Z\nSTATUS:CANCELLED\n").status == EventStatus::cancelled));
}

BOOST_AUTO_TEST_CASE(too_large_components_are_refused_and_attachments_are_not_kept) {
  const std::string blob(3 << 20, 'A');
  const auto items = read_text("BEGIN:VEVENT\nUID:big\nDTSTART:20260101T100000Z\nDESCRIPTION:" + blob +
                               "\nEND:VEVENT\nBEGIN:VEVENT\nUID:attached\nDTSTART:20260101T100000Z\n"
                               "ATTACH;ENCODING=BASE64;VALUE=BINARY:" +
                               blob + "\nEND:VEVENT\n");
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  BOOST_TEST(items[1].event.value().uid == "attached");
  BOOST_TEST(items[0].event.error().message.find("larger than 1048576 bytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(zones_that_would_fill_the_memory_are_refused) {
  const auto items = read_text(
      "BEGIN:VTIMEZONE\nTZID:Bomb\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+"
      "0100\n"
      "RRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
      "BEGIN:VEVENT\nUID:b\nDTSTART;TZID=Bomb:20260101T100000\nEND:VEVENT\n");
  // The rule is left out, its first observance stays.
  BOOST_TEST(to_string(items.at(0).event.value().start) == "2026-01-01T09:00:00Z");
}

BOOST_AUTO_TEST_CASE(conference_links) {
  BOOST_TEST(find_conference_link("see <https://meet.google.com/a-b-c>.") == "https://meet.google.com/a-b-c");
  BOOST_TEST(find_conference_link("https://evil.example/?meet.google.com/a") == "");
  BOOST_TEST(find_conference_link("https://acme.webex.com/meet/x, bye") == "https://acme.webex.com/meet/x");
  BOOST_TEST(event("DTSTART:20260101T100000Z\nCONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+1\n"
                   "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://video.example.com/x\n")
                 .conference_link == "https://video.example.com/x");
}

BOOST_AUTO_TEST_SUITE_END()
