// The properties of a VEVENT, one reader each. The table at the end says which.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/time_range.hpp"
#include "providers/files/calendar.hpp"
#include "providers/files/text_encoding.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t max_list = 10'000;  // attendees, extra dates, exceptions

struct Draft {
  CalendarEvent event;
  ZoneBook& zones;
  bool has_start = false;
  bool has_end = false;
  std::optional<CalendarSpan> duration;
  std::string conference_property;  // what says outright that it is one
};

void problem(Draft& draft, std::string text) {
  if (draft.event.problems.size() < 20) draft.event.problems.push_back(std::move(text));
}

std::string text_of(const Property& property) {
  // vCalendar 1.0 and old phones still write quoted-printable.
  std::string value =
      text::equals_ignoring_case(property.parameter("ENCODING"), "QUOTED-PRINTABLE")
          ? decode_charset(decode_quoted_printable(property.value), property.parameter("CHARSET"))
          : to_clean_utf8(property.value);
  value = unescape_text(value);
  std::erase(value, '\r');
  return std::string(text::trim(value));
}

std::optional<CalendarTime> time_of(Draft& draft, std::string_view value, const std::string& tzid) {
  const auto raw = parse_calendar_time(value);
  if (!raw) return std::nullopt;
  CalendarTime time;
  time.is_date = raw->is_date;
  time.wall = raw->wall;
  if (raw->is_utc) {
    time.tzid = "UTC";
    time.zone = utc_zone();
  } else {
    time.tzid = to_clean_utf8(tzid);
    if (!tzid.empty() && !raw->is_date) time.zone = draft.zones.find(tzid);
    if (!tzid.empty() && !raw->is_date && !time.zone) {
      problem(draft,
              "unknown time zone \"" + time.tzid + "\", read as " + draft.zones.default_zone()->name());
    }
    if (!time.zone) time.zone = draft.zones.default_zone();
  }
  time.at = time.is_date ? Timestamp(time.wall.time_since_epoch()) : time.zone->to_utc(time.wall);
  if (!is_writable(time.at)) return std::nullopt;
  return time;
}

std::optional<CalendarTime> single_time(Draft& draft, const Property& property) {
  auto time = time_of(draft, property.value, property.parameter("TZID"));
  if (!time)
    problem(draft, to_clean_utf8(property.name) +
                       " is no date or time: " + to_clean_utf8(text::cut(property.value, 40)));
  return time;
}

void read_start(Draft& draft, const Property& property) {
  if (draft.has_start) return;
  if (const auto time = single_time(draft, property)) {
    draft.event.starts = *time;
    draft.has_start = true;
  }
}

void read_end(Draft& draft, const Property& property) {
  if (draft.has_end) return;
  if (const auto time = single_time(draft, property)) {
    draft.event.ends = *time;
    draft.has_end = true;
  }
}

void read_duration(Draft& draft, const Property& property) {
  draft.duration = parse_span(property.value);
  if (!draft.duration) problem(draft, "DURATION is none: " + to_clean_utf8(text::cut(property.value, 40)));
}

void read_recurrence_id(Draft& draft, const Property& property) {
  const auto time = single_time(draft, property);
  if (!time) return;
  draft.event.recurs_at = *time;
  draft.event.recurrence_id = time->key();
  draft.event.this_and_future = text::equals_ignoring_case(property.parameter("RANGE"), "THISANDFUTURE");
}

void read_uid(Draft& draft, const Property& property) {
  draft.event.uid = text_of(property);
}
void read_summary(Draft& draft, const Property& property) {
  draft.event.title = text::squeeze(text_of(property));
}
void read_description(Draft& draft, const Property& property) {
  draft.event.description = text_of(property);
}
void read_location(Draft& draft, const Property& property) {
  draft.event.location = text::squeeze(text_of(property));
}
void read_url(Draft& draft, const Property& property) {
  draft.event.url = text_of(property);
}

void read_status(Draft& draft, const Property& property) {
  const std::string status = text::lower_ascii(text::trim(property.value));
  if (status == "tentative") draft.event.status = EventStatus::tentative;
  if (status == "cancelled" || status == "canceled") draft.event.status = EventStatus::cancelled;
}

CalendarAttendee person(const Property& property) {
  CalendarAttendee out;
  std::string value = to_clean_utf8(text::trim(property.value));
  if (text::starts_with_ignoring_case(value, "mailto:")) {
    value.erase(0, 7);
  } else if (value.find('@') == std::string::npos || value.find(':') != std::string::npos) {
    // Apple: "urn:uuid:..." or "/principals/..." with the address in EMAIL; Outlook: "invalid:nomail".
    value = to_clean_utf8(property.parameter("EMAIL"));
  }
  out.address = std::string(text::trim(value));
  out.name = text::squeeze(to_clean_utf8(property.parameter("CN")));
  if (text::equals_ignoring_case(out.name, out.address)) out.name.clear();
  const auto set = [&](const char* name, std::string& to) {
    const std::string given = text::lower_ascii(to_clean_utf8(property.parameter(name)));
    if (!given.empty()) to = given;
  };
  set("ROLE", out.role);
  set("PARTSTAT", out.partstat);
  set("CUTYPE", out.cutype);
  return out;
}

void read_organizer(Draft& draft, const Property& property) {
  if (draft.event.organizer) return;
  draft.event.organizer = person(property);
  draft.event.organizer->role = "chair";
  if (property.parameter("PARTSTAT").empty()) draft.event.organizer->partstat = "accepted";
}

void read_attendee(Draft& draft, const Property& property) {
  if (draft.event.attendees.size() < max_list) draft.event.attendees.push_back(person(property));
}

void read_conference(Draft& draft, const Property& property) {
  const std::string value = text_of(property);
  const std::string features = text::lower_ascii(property.parameter("FEATURE"));
  // RFC 7986 section 5.11: several CONFERENCE properties; the one with video is the link, a phone number is
  // not.
  const bool web = text::starts_with_ignoring_case(value, "http");
  if (web && (draft.conference_property.empty() || features.find("video") != std::string::npos)) {
    draft.conference_property = value;
  }
}

void read_sequence(Draft& draft, const Property& property) {
  const std::string_view value = text::trim(property.value);
  std::int64_t sequence = 0;
  std::from_chars(value.data(), value.data() + value.size(), sequence);
  draft.event.sequence = sequence;
}

void read_created(Draft& draft, const Property& property) {
  if (const auto time = time_of(draft, property.value, "")) draft.event.created = time->at;
}

void read_modified(Draft& draft, const Property& property) {
  if (const auto time = time_of(draft, property.value, "")) draft.event.last_modified = time->at;
}

void read_categories(Draft& draft, const Property& property) {
  const std::string value = to_clean_utf8(property.value);
  for (const std::string_view part : split_escaped(value, ',')) {
    std::string category = text::squeeze(unescape_text(part));
    if (!category.empty() && draft.event.categories.size() < 200) {
      draft.event.categories.push_back(std::move(category));
    }
  }
}

void read_rrule(Draft& draft, const Property& property) {
  if (draft.event.rrules.size() < 10) draft.event.rrules.push_back(to_clean_utf8(text::trim(property.value)));
}

void read_exrule(Draft& draft, const Property& property) {
  if (draft.event.exrules.size() < 10)
    draft.event.exrules.push_back(to_clean_utf8(text::trim(property.value)));
}

/// Where a span of an extra date leads: days on the wall clock, then exact seconds.
CalendarTime after(const CalendarTime& start, const CalendarSpan& span) {
  CalendarTime end = start.moved_to(start.wall + std::chrono::days(span.days));
  end.at += std::chrono::seconds(span.seconds);
  end.wall = end.is_date ? end.wall + std::chrono::seconds(span.seconds) : end.zone->to_wall(end.at);
  return end;
}

void read_rdate(Draft& draft, const Property& property) {
  const std::string tzid = property.parameter("TZID");
  for (const std::string_view part : text::split(property.value, ',')) {
    const std::size_t slash = part.find('/');
    const auto start = time_of(draft, part.substr(0, slash), tzid);
    if (!start) {
      problem(draft, "RDATE has no date or time: " + to_clean_utf8(text::cut(part, 40)));
      continue;
    }
    CalendarExtraDate extra{*start, std::nullopt};
    if (slash != std::string_view::npos) {
      const std::string_view end = part.substr(slash + 1);
      if (const auto span = parse_span(end)) {
        extra.end = after(*start, *span);
      } else {
        extra.end = time_of(draft, end, tzid);
      }
    }
    if (draft.event.rdates.size() < max_list) draft.event.rdates.push_back(std::move(extra));
  }
}

void read_exdate(Draft& draft, const Property& property) {
  const std::string tzid = property.parameter("TZID");
  for (const std::string_view part : text::split(property.value, ',')) {
    const auto time = time_of(draft, part, tzid);
    if (time && draft.event.exdates.size() < max_list) draft.event.exdates.push_back(*time);
    if (!time) problem(draft, "EXDATE is no date or time: " + to_clean_utf8(text::cut(part, 40)));
  }
}

using Reader = void (*)(Draft&, const Property&);

constexpr std::array<std::pair<std::string_view, Reader>, 25> readers{{
    {"DTSTART", read_start},
    {"DTEND", read_end},
    {"DURATION", read_duration},
    {"UID", read_uid},
    {"SUMMARY", read_summary},
    {"DESCRIPTION", read_description},
    {"LOCATION", read_location},
    {"URL", read_url},
    {"STATUS", read_status},
    {"ORGANIZER", read_organizer},
    {"ATTENDEE", read_attendee},
    {"RECURRENCE-ID", read_recurrence_id},
    {"RRULE", read_rrule},
    {"EXRULE", read_exrule},
    {"RDATE", read_rdate},
    {"EXDATE", read_exdate},
    {"SEQUENCE", read_sequence},
    {"CREATED", read_created},
    {"LAST-MODIFIED", read_modified},
    {"CATEGORIES", read_categories},
    {"CONFERENCE", read_conference},
    {"X-GOOGLE-CONFERENCE", read_conference},
    {"X-MICROSOFT-SKYPETEAMSMEETINGURL", read_conference},
    {"X-MICROSOFT-ONLINEMEETINGEXTERNALLINK", read_conference},
    {"X-GOOGLE-HANGOUT", read_conference},
}};

/// RFC 5545 section 3.6.1: without DTEND and DURATION a date lasts a day, a time nothing.
void set_end(Draft& draft) {
  CalendarEvent& event = draft.event;
  if (draft.has_end && event.ends.is_date != event.starts.is_date) {
    problem(draft, "DTEND and DTSTART are not of the same kind, DTEND left out");
    draft.has_end = false;
  }
  if (draft.has_end && event.ends.at < event.starts.at) {
    problem(draft, "DTEND is before DTSTART, left out");
    draft.has_end = false;
  }
  if (!draft.has_end && draft.duration && (draft.duration->days < 0 || draft.duration->seconds < 0)) {
    problem(draft, "DURATION is negative, left out");
    draft.duration.reset();
  }
  if (draft.has_end) {
    // Section 3.8.5.3: DTEND gives each instance the same exact duration.
    event.span = {0, std::chrono::floor<std::chrono::seconds>(event.ends.at - event.starts.at).count()};
    if (event.starts.is_date) event.span = {event.span.seconds / 86400, 0};
  } else if (draft.duration) {
    event.span = *draft.duration;
  }
  if (event.starts.is_date) {
    // Some programs write an all-day event that ends on the day it starts.
    event.span = {std::max<std::int64_t>(1, event.span.days + event.span.seconds / 86400), 0};
  }
  if (!draft.has_end || event.starts.is_date) event.ends = after(event.starts, event.span);
}

void set_derived(CalendarEvent& event) {
  event.all_day = event.starts.is_date;
  event.start = event.starts.at;
  event.end = event.ends.at;
  event.start_date = event.starts.date();
  event.end_date = event.ends.date();
  if (!event.all_day) {
    const bool ends_at_midnight = event.ends.wall == std::chrono::floor<std::chrono::days>(event.ends.wall);
    if (!ends_at_midnight || event.end_date == event.start_date) event.end_date += std::chrono::days(1);
  }
  event.zone = event.starts.tzid;
  event.iana_zone = event.all_day ? std::string() : event.starts.zone->name();
  // What says outright that it is the conference, then a known service wherever it is written.
  if (!event.conference_link.empty()) return;
  for (const std::string* place : {&event.url, &event.location, &event.description}) {
    event.conference_link = find_conference_link(*place);
    if (!event.conference_link.empty()) return;
  }
}

}  // namespace

Result<CalendarEvent> read_event(const Component& component, ZoneBook& zones) {
  Draft draft{.event = {}, .zones = zones, .duration = {}, .conference_property = {}};
  draft.event.position = component.position;
  draft.event.bytes = component.next - component.position;
  for (std::size_t i = 0; i < component.lines.size(); ++i) {
    if (component.lines[i].blob) continue;
    const auto property = parse_property(component.line(i));
    if (!property) continue;
    const auto reader = std::find_if(readers.begin(), readers.end(),
                                     [&](const auto& entry) { return property->is(entry.first); });
    if (reader != readers.end()) reader->second(draft, *property);
  }
  if (!draft.has_start) {
    return failure(ErrorCode::invalid_argument,
                   draft.event.problems.empty() ? "VEVENT has no DTSTART" : draft.event.problems.front());
  }
  if (draft.event.uid.empty()) problem(draft, "VEVENT has no UID");
  set_end(draft);
  draft.event.conference_link = draft.conference_property;
  set_derived(draft.event);
  return std::move(draft.event);
}

std::string find_conference_link(std::string_view text) {
  static constexpr std::array<std::string_view, 12> places{"meet.google.com/",
                                                           "zoom.us/j/",
                                                           "zoom.us/my/",
                                                           "zoom.us/w/",
                                                           "teams.microsoft.com/l/meetup-join",
                                                           "teams.microsoft.com/meet/",
                                                           "teams.live.com/meet/",
                                                           "webex.com/",
                                                           "whereby.com/",
                                                           "meet.jit.si/",
                                                           "gotomeet",
                                                           "facetime.apple.com/join"};
  for (std::size_t at = text.find("http"); at != std::string_view::npos; at = text.find("http", at + 4)) {
    const std::size_t end = text.find_first_of(" \t\r\n\"<>", at);
    std::string_view link = text.substr(at, end == std::string_view::npos ? end : end - at);
    while (!link.empty() &&
           (link.back() == '.' || link.back() == ',' || link.back() == ')' || link.back() == ';')) {
      link.remove_suffix(1);
    }
    if (!link.starts_with("https://") && !link.starts_with("http://")) continue;
    const std::string_view rest = link.substr(link.find("//") + 2);
    for (const std::string_view place : places) {
      const std::size_t found = rest.find(place);
      const std::size_t slash = rest.find('/');
      // The service's name must be the end of the host: "evil.example/?meet.google.com/" is none.
      const std::size_t host_end =
          place.find('/') == std::string_view::npos ? std::string_view::npos : found + place.find('/');
      const bool in_host = found != std::string_view::npos && found <= slash &&
                           (host_end == std::string_view::npos || host_end == slash) &&
                           (found == 0 || rest[found - 1] == '.');
      if (in_host) return std::string(link);
    }
  }
  return {};
}

}  // namespace omnicrm::files
