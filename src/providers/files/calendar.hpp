// iCalendar files (.ics, RFC 5545), event by event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>

#include "providers/files/calendar_zones.hpp"
#include "providers/files/content_lines.hpp"

namespace omnicrm::files {

enum class EventStatus { confirmed, tentative, cancelled };

struct CalendarAttendee {
  std::string address;  ///< without "mailto:"; empty if the file gives no e-mail address
  std::string name;
  std::string role = "req-participant";   ///< lower case, as all four: RFC 5545 section 3.2.16
  std::string partstat = "needs-action";  ///< section 3.2.12
  std::string cutype = "individual";      ///< section 3.2.3: also "group", "resource", "room"
};

/// A date out of RDATE, with its own end if it was a PERIOD.
struct CalendarExtraDate {
  CalendarTime start;
  std::optional<CalendarTime> end;
};

/// A VEVENT. Text is well-formed UTF-8 without NUL; absent is empty. Three more forms of the times stand
/// beside each other: `starts`/`ends` as calendars think (wall clock and zone), `start`/`end` in UTC, and
/// dates.
struct CalendarEvent {
  std::string uid;
  std::optional<std::string> recurrence_id;  ///< the original start of an override: RFC 3339 UTC, or a date
  std::optional<CalendarTime> recurs_at;     ///< the same, as a time
  bool this_and_future = false;              ///< RANGE=THISANDFUTURE

  std::string title, description, location, url;
  bool all_day = false;
  Timestamp start{}, end{};       ///< UTC; midnights UTC for an all-day event
  Date start_date{}, end_date{};  ///< end exclusive; of the wall clock
  CalendarTime starts, ends;
  CalendarSpan span;      ///< how long, for its recurrences
  std::string zone;       ///< TZID as in the file
  std::string iana_zone;  ///< what it means, if anything known

  EventStatus status = EventStatus::confirmed;
  std::optional<CalendarAttendee> organizer;
  std::vector<CalendarAttendee> attendees;
  std::string conference_link;
  std::int64_t sequence = 0;
  std::optional<Timestamp> created, last_modified;
  std::vector<std::string> categories;

  std::vector<std::string> rrules, exrules;  ///< as in the file
  std::vector<CalendarExtraDate> rdates;
  std::vector<CalendarTime> exdates;

  std::string method;                 ///< of the calendar around it: "REQUEST", "CANCEL", ...; upper case
  std::vector<std::string> problems;  ///< what was odd and how it was read ("unknown zone X, read as UTC")
  std::uint64_t position = 0;         ///< of BEGIN:VEVENT in the file
  std::uint64_t bytes = 0;            ///< up to and with END:VEVENT

  [[nodiscard]] bool recurs() const noexcept { return !rrules.empty() || !rdates.empty(); }
};

/// One event of a file, or why it could not be read.
struct CalendarItem {
  Result<CalendarEvent> event;
  std::uint64_t position = 0;  ///< where it begins
  std::uint64_t next = 0;      ///< where reading goes on: pass it to `open` to resume
};

struct CalendarOptions {
  /// For times without a zone, where the file names none (X-WR-TIMEZONE).
  std::string default_zone = "UTC";
};

/// Reads events from a stream in bounded memory: one event, and the file's time zones, which are collected by
/// a first pass because they may stand anywhere. One thread at a time.
class CalendarReader {
 public:
  /// Errors: as the operating system says.
  [[nodiscard]] static Result<CalendarReader> open(const std::string& path, std::uint64_t position = 0,
                                                   const CalendarOptions& options = {});
  /// `bytes` must outlive the reader.
  [[nodiscard]] static Result<CalendarReader> from_memory(std::string_view bytes,
                                                          const CalendarOptions& options = {});

  CalendarReader(CalendarReader&&) noexcept;
  CalendarReader& operator=(CalendarReader&&) noexcept;
  ~CalendarReader();

  /// The next event; false at the end. A broken event is an item with an error that names file, position and
  /// reason, and reading goes on behind it. Errors of the call itself: of the file.
  [[nodiscard]] Result<bool> next(CalendarItem& item);
  /// The calendar's own name (X-WR-CALNAME, NAME), if it has one.
  [[nodiscard]] const std::string& calendar_name() const noexcept;

 private:
  struct State;
  explicit CalendarReader(std::unique_ptr<State> state);
  [[nodiscard]] static Result<CalendarReader> make(TextSource survey, TextSource source,
                                                   const CalendarOptions& options);

  std::unique_ptr<State> state_;
};

/// Turns the lines of one VEVENT into an event. Errors: `invalid_argument` with the reason (no DTSTART, ...).
[[nodiscard]] Result<CalendarEvent> read_event(const Component& component, ZoneBook& zones);

/// The first address of a known video conference service in `text`; empty if there is none.
[[nodiscard]] std::string find_conference_link(std::string_view text);

}  // namespace omnicrm::files
