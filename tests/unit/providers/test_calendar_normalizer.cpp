#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "file_items.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;

namespace {

sync::SourceItem event(const std::string& id, const std::string& lines, const std::string& head = "") {
  auto item = item_of("text/calendar",
                      "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + head + "BEGIN:VEVENT\r\nUID:u1\r\n" + lines +
                          "END:VEVENT\r\nEND:VCALENDAR\r\n",
                      R"({"calendar":"Work"})");
  item.source_id = id;
  return item;
}

std::vector<sync::RawItem> raws(const std::vector<sync::SourceItem>& items) {
  std::vector<sync::RawItem> out;
  for (const auto& item : items) out.push_back(raw(item));
  return out;
}

sync::Normalized series(const std::vector<sync::RawItem>& items) {
  auto made = normalizer_of("text/calendar").normalize(items, wide_window());
  BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
  return std::move(*made);
}

const std::string daily =
    "DTSTART:20260105T100000Z\r\nDTEND:20260105T110000Z\r\nRRULE:FREQ=DAILY;COUNT=4\r\nSUMMARY:Daily\r\n"
    "ORGANIZER:mailto:ada@example.org\r\nATTENDEE:mailto:bob@example.org\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(calendar_normalizer_suite)

BOOST_AUTO_TEST_CASE(a_meeting_with_its_people) {
  const auto made = normalize(event(
      "u1",
      "DTSTART;TZID=Europe/Berlin:20260701T100000\r\nDURATION:PT1H\r\nSUMMARY:Plan\r\nLOCATION:Room 1\r\n"
      "DESCRIPTION:<p>See <b>this</b></p>\r\nCATEGORIES:Red,Work\r\nURL:https://zoom.us/j/1234567\r\n"
      "ORGANIZER;CN=Ada:mailto:Ada@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org\r\n"
      "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED;CN=Bob:mailto:bob@example.org\r\n"
      "ATTENDEE;CUTYPE=ROOM:mailto:room@example.org\r\nATTENDEE;CUTYPE=GROUP:mailto:all@example.org\r\n"));
  BOOST_REQUIRE_EQUAL(made.interactions.size(), 1u);
  const Interaction& got = made.interactions[0].interaction;
  BOOST_TEST((got.kind == InteractionKind::meeting));
  BOOST_TEST(got.subject == "Plan");
  BOOST_TEST(got.body == "See this");
  BOOST_TEST(to_string(got.occurred_at) == "2026-07-01T08:00:00Z");
  BOOST_TEST(to_string(got.ended_at.value()) == "2026-07-01T09:00:00Z");
  BOOST_TEST(got.zone == "Europe/Berlin");
  BOOST_TEST(got.location == "Room 1");
  BOOST_TEST(got.thread_id == "event:u1");
  BOOST_TEST(got.message_id == "u1");
  BOOST_TEST(!got.original_start.has_value());
  BOOST_TEST(got.labels == (std::vector<std::string>{"Work", "Red"}), boost::test_tools::per_element());
  BOOST_REQUIRE_EQUAL(got.participants.size(), 5u);
  BOOST_TEST((got.participants[0].role == ParticipantRole::organizer));
  BOOST_TEST(got.participants[0].address == "ada@example.org");
  BOOST_TEST((got.participants[1].response == ParticipantResponse::accepted));
  BOOST_TEST((got.participants[2].role == ParticipantRole::optional_attendee));
  BOOST_TEST((got.participants[2].response == ParticipantResponse::declined));
  BOOST_TEST((got.participants[3].role == ParticipantRole::resource));
  BOOST_TEST((got.participants[4].role == ParticipantRole::resource));
}

BOOST_AUTO_TEST_CASE(whole_days_and_points_in_time) {
  const auto days = normalize(event("u1", "DTSTART;VALUE=DATE:20260501\r\nDTEND;VALUE=DATE:20260504\r\n"));
  const Interaction& all_day = days.interactions[0].interaction;
  BOOST_TEST(all_day.all_day);
  BOOST_TEST(to_string(all_day.occurred_at) == "2026-05-01T00:00:00Z");
  BOOST_TEST(to_string(all_day.ended_at.value()) == "2026-05-04T00:00:00Z");
  const auto point = normalize(event("u1", "DTSTART:20260501T100000Z\r\n"));
  BOOST_TEST(!point.interactions[0].interaction.ended_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_single_event_counts_also_outside_the_window) {
  BOOST_TEST(normalize(event("u1", "DTSTART:19950501T100000Z\r\n")).interactions.size() == 1u);
}

BOOST_AUTO_TEST_CASE(times_beyond_the_last_year_are_no_times) {
  // In UTC the end of the year 9999 in New York lies in the year 10000: stored, it could never be read again.
  const auto source = event("u1", "DTSTART;TZID=America/New_York:99991231T230000\r\n");
  const sync::RawItem late{source.source_id, source.content_type, source.payload, &source.origin};
  const auto made = normalizer_of("text/calendar").normalize(std::span(&late, 1), wide_window());
  BOOST_TEST((!made || made->interactions.empty()));
  const auto open_end = normalize(event("u1", "DTSTART:99991231T230000Z\r\nDURATION:P2D\r\n"));
  BOOST_REQUIRE(open_end.interactions.size() == 1u);
  BOOST_TEST(to_string(open_end.interactions[0].interaction.occurred_at) == "9999-12-31T23:00:00Z");
  BOOST_TEST(!open_end.interactions[0].interaction.ended_at.has_value());
}

BOOST_AUTO_TEST_CASE(cancelled_stays_as_cancelled) {
  for (const auto& item : {event("u1", "DTSTART:20260501T100000Z\r\nSTATUS:CANCELLED\r\n"),
                           event("u1", "DTSTART:20260501T100000Z\r\n", "METHOD:CANCEL\r\n")}) {
    BOOST_TEST((normalize(item).interactions[0].interaction.status == InteractionStatus::cancelled));
  }
  BOOST_TEST((normalize(event("u1", "DTSTART:20260501T100000Z\r\nSTATUS:TENTATIVE\r\n"))
                  .interactions[0]
                  .interaction.status == InteractionStatus::tentative));
}

BOOST_AUTO_TEST_CASE(a_series_is_the_same_in_any_order) {
  const std::vector<sync::SourceItem> items = {
      event("u1", daily),
      event("u1\u241E"
            "2026-01-06T10:00:00Z",
            "RECURRENCE-ID:20260106T100000Z\r\nDTSTART:20260106T150000Z\r\n"
            "DTEND:20260106T160000Z\r\nSUMMARY:Moved\r\nATTENDEE:mailto:carol@example.org\r\n"),
      event("u1\u241E"
            "2026-01-07T10:00:00Z",
            "RECURRENCE-ID:20260107T100000Z\r\nDTSTART:20260107T100000Z\r\nSTATUS:CANCELLED\r\n")};
  auto order = raws(items);
  const auto by_id = [](const sync::RawItem& a, const sync::RawItem& b) { return a.source_id < b.source_id; };
  std::sort(order.begin(), order.end(), by_id);
  const auto first = series(order);
  const std::string expected = text_of(first, order);
  int orders = 0;
  do {
    BOOST_TEST(text_of(series(order), order) == expected);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end(), by_id));
  BOOST_TEST(orders == 6);

  BOOST_REQUIRE_EQUAL(first.interactions.size(), 4u);
  BOOST_TEST(first.interactions[0].interaction.subject == "Daily");
  const auto& moved = first.interactions[1].interaction;
  BOOST_TEST(moved.subject == "Moved");
  BOOST_TEST(to_string(moved.occurred_at) == "2026-01-06T15:00:00Z");
  BOOST_TEST(to_string(moved.original_start.value()) == "2026-01-06T10:00:00Z");
  BOOST_TEST((first.interactions[2].interaction.status == InteractionStatus::cancelled));
  BOOST_TEST(first.facts.participants.size() == 3u);
  for (const auto& made : first.interactions) BOOST_TEST(made.interaction.thread_id == "event:u1");
}

BOOST_AUTO_TEST_CASE(the_newest_version_wins_whatever_the_order) {
  const std::vector<sync::SourceItem> items = {
      event("u1", "SEQUENCE:1\r\nDTSTART:20260101T100000Z\r\nSUMMARY:Old\r\n"),
      event("u1", "SEQUENCE:2\r\nDTSTART:20260102T100000Z\r\nSUMMARY:New\r\n")};
  auto order = raws(items);
  for (int i = 0; i < 2; ++i) {
    const auto made = series(order);
    BOOST_REQUIRE_EQUAL(made.interactions.size(), 1u);
    BOOST_TEST(made.interactions[0].interaction.subject == "New");
    BOOST_TEST(order[made.interactions[0].item].payload == items[1].payload);
    std::swap(order[0], order[1]);
  }
}

BOOST_AUTO_TEST_CASE(a_changed_instance_without_its_series_stands_alone) {
  const auto made =
      normalize(event("u1\u241E"
                      "2026-01-06T10:00:00Z",
                      "RECURRENCE-ID:20260106T100000Z\r\nDTSTART:20260106T150000Z\r\n"));
  BOOST_REQUIRE_EQUAL(made.interactions.size(), 1u);
  BOOST_TEST(to_string(made.interactions[0].interaction.original_start.value()) == "2026-01-06T10:00:00Z");
  BOOST_TEST(made.interactions[0].interaction.thread_id == "event:u1");
}

BOOST_AUTO_TEST_CASE(a_rule_without_end_fills_the_window_and_no_more) {
  const auto daily_for_ever = normalize(event("u1", "DTSTART:20100101T100000Z\r\nRRULE:FREQ=DAILY\r\n"));
  BOOST_TEST(daily_for_ever.interactions.size() == 4344u);
  const auto options = wide_window();
  for (const auto& made : daily_for_ever.interactions) {
    BOOST_REQUIRE(made.interaction.occurred_at >= options.window_start);
    BOOST_REQUIRE(made.interaction.occurred_at < options.window_end);
  }
  BOOST_TEST(
      normalize(event("u1", "DTSTART:20260101T100000Z\r\nRRULE:FREQ=SECONDLY\r\n")).interactions.size() <=
      5000u);
}

BOOST_AUTO_TEST_CASE(what_is_no_event_says_why) {
  const auto item = item_of("text/calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n");
  const sync::RawItem one = raw(item);
  const auto made = normalizer_of("text/calendar").normalize(std::span(&one, 1), wide_window());
  BOOST_REQUIRE(!made);
  BOOST_TEST(made.error().message == "event: there is no VEVENT in it");
}

BOOST_AUTO_TEST_SUITE_END()
