#include <boost/test/unit_test.hpp>
#include <string>

#include "file_items.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;

namespace {

std::string event(const std::string& lines) {
  return "BEGIN:VEVENT\r\n" + lines + "END:VEVENT\r\n";
}

std::string calendar(const std::string& inside, const std::string& head = "") {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + head + inside + "END:VCALENDAR\r\n";
}

const std::string zone =
    "BEGIN:VTIMEZONE\r\nTZID:My "
    "\"Zone\"\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0530\r\n"
    "TZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(calendar_items_suite)

BOOST_AUTO_TEST_CASE(an_event_stands_alone_with_the_zones_it_uses) {
  FileFolder folder;
  const std::string own =
      "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
      "TZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
  const std::string other = own.substr(0, 22) + "TZID:Other\r\n" + own.substr(own.find("BEGIN:STANDARD"));
  const std::string first = event("UID:1\r\nDTSTART;TZI\r\n D=Mine:20260101T100000\r\nSUMMARY:A\r\n");
  const std::string second = event("UID:2\r\nDTSTART:20260101T100000\r\nSUMMARY:B\r\n");
  folder.write("a.ics", calendar(first + own + other + second,
                                 "METHOD:REQUEST\r\nX-WR-TIMEZONE:Asia/Tokyo\r\nX-WR-CALNAME:Work\r\n"));
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 2u);
  const std::string head =
      "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//OmniCRM//files//"
      "EN\r\nMETHOD:REQUEST\r\nX-WR-TIMEZONE:Asia/Tokyo\r\n";
  BOOST_TEST(items[0].payload == head + own + first + "END:VCALENDAR\r\n");
  BOOST_TEST(items[1].payload == head + second + "END:VCALENDAR\r\n");
  BOOST_TEST(items[0].origin.text.find(R"("calendar":"Work")") != std::string::npos);
  const auto mine = normalize(items[0]);
  BOOST_TEST(to_string(mine.interactions[0].interaction.occurred_at) == "2026-01-01T04:30:00Z");
  const auto floating = normalize(items[1]);
  BOOST_TEST(to_string(floating.interactions[0].interaction.occurred_at) == "2026-01-01T01:00:00Z");
}

BOOST_AUTO_TEST_CASE(changed_instances_have_names_of_their_own_within_the_series) {
  FileFolder folder;
  folder.write("a.ics", fixture("calendar/google.ics"));
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST(items[0].source_id == "2hg5kq8a9v@google.com");
  BOOST_TEST(items[1].source_id ==
             "2hg5kq8a9v@google.com\u241E"
             "2026-03-30T07:00:00Z");
  const auto& normalizer = normalizer_of("text/calendar");
  BOOST_TEST(normalizer.series_length(items[0].source_id) == items[0].source_id.size());
  BOOST_TEST(normalizer.series_length(items[1].source_id) == items[0].source_id.size());
}

BOOST_AUTO_TEST_CASE(strange_uids_become_hashes) {
  FileFolder folder;
  folder.write("a.ics", calendar(event("DTSTART:20260101T100000Z\r\n") +
                                 event("UID:a\u241E"
                                       "b\r\nDTSTART:20260101T100000Z\r\n") +
                                 event("UID:" + std::string(901, 'u') + "\r\nDTSTART:20260101T100000Z\r\n")));
  for (const auto& item : read_all(folder.source())) {
    BOOST_TEST(item.source_id.starts_with("sha256:"));
    BOOST_TEST((item.state == RawEventState::pending));
    BOOST_TEST(normalize(item).interactions[0].interaction.thread_id == "event:" + item.source_id);
  }
}

BOOST_AUTO_TEST_CASE(broken_events_do_not_stop_the_others) {
  FileFolder folder;
  folder.write("a.ics", calendar(event("UID:1\r\nSUMMARY:no start\r\n") +
                                 event("UID:2\r\nDTSTART:20260101T100000Z\r\n")) +
                            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:3\r\n");
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST((items[0].state == RawEventState::poison));
  BOOST_TEST(items[0].reason.find("a.ics") != std::string::npos);
  BOOST_TEST(items[0].source_id.starts_with("sha256:"));
  BOOST_TEST((items[1].state == RawEventState::pending));
  BOOST_TEST((items[2].state == RawEventState::poison));
}

BOOST_AUTO_TEST_CASE(of_several_versions_in_one_file_the_newest_is_the_item) {
  FileFolder folder;
  const std::string start = "DTSTART:20260101T100000Z\r\n";
  folder.write("a.ics", calendar(event("UID:1\r\nSEQUENCE:2\r\nSUMMARY:new\r\n" + start) +
                                 event("UID:1\r\nSEQUENCE:1\r\nSUMMARY:old\r\n" + start) +
                                 event("UID:2\r\nSUMMARY:first\r\n" + start) +
                                 event("UID:2\r\nSUMMARY:second\r\n" + start)));
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 4u);
  BOOST_TEST(items[0].source_id == "1");
  BOOST_TEST((items[1].state == RawEventState::skipped));
  BOOST_TEST(items[1].reason.starts_with("superseded: "));
  BOOST_TEST(items[1].source_id.starts_with("sha256:"));
  BOOST_TEST((items[2].state == RawEventState::skipped));
  BOOST_TEST(items[3].source_id == "2");
  BOOST_TEST(items[3].payload.find("SUMMARY:second") != std::string::npos);
  check_resumes(folder.source());
}

BOOST_AUTO_TEST_CASE(every_position_of_calendars_resumes) {
  FileFolder folder;
  for (const char* name : {"apple", "broken", "google", "outlook"}) {
    folder.write(std::string(name) + ".ics", fixture("calendar/" + std::string(name) + ".ics"));
  }
  folder.write("two.ics",
               calendar(event("UID:1\r\nDTSTART:20260101T100000\r\n"), "X-WR-TIMEZONE:Asia/Tokyo\r\n") +
                   calendar(event("UID:2\r\nDTSTART:20260101T100000\r\n"), "METHOD:CANCEL\r\n") + zone);
  check_resumes(folder.source());
}

BOOST_AUTO_TEST_SUITE_END()
