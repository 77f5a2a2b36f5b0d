// A recurring event and its exceptions as single instances.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <omnicrm/core/time.hpp>

#include "providers/files/calendar.hpp"

namespace omnicrm::files {

/// One time at which an event takes place.
struct EventInstance {
  std::string original_start;  ///< when the rule says it starts, the key: RFC 3339 UTC, or a date
  Timestamp start{}, end{};    ///< UTC; midnights UTC for an all-day event
  bool all_day = false;
  Date start_date{}, end_date{};  ///< all-day: end exclusive; else of the wall clock, end exclusive too
  EventStatus status = EventStatus::confirmed;
  int override_index = -1;  ///< whose text and people hold: `overrides[i]`, or the event's own for -1
};

struct ExpandOptions {
  Timestamp window_start{}, window_end{};  ///< an instance is in if it overlaps [start, end)
  std::int64_t max_instances = 1000;
  std::int64_t max_steps = 200'000;  ///< of the search, for rules that go on for ever or match nothing
};

enum class ExpansionCut {
  none,       ///< these are all instances up to the end of the rule
  window,     ///< there are more after the window
  instances,  ///< `max_instances` was reached
  steps,      ///< `max_steps` was used up: there may be more
};

struct Expansion {
  std::vector<EventInstance> instances;  ///< by start, then by key
  bool truncated = false;                ///< there are, or may be, later ones: `cut` says why
  ExpansionCut cut = ExpansionCut::none;
  std::vector<std::string> problems;  ///< rules that could not be used; DTSTART still counts
};

/// The instances of `event` (which has no RECURRENCE-ID) with its `overrides` (same UID, each with one). Wall
/// time stays over a change of the clocks; EXDATE, EXRULE, RDATE, cancelled overrides (kept, with their
/// status) and RANGE=THISANDFUTURE hold. An event that does not recur is its own single instance. Pure.
[[nodiscard]] Expansion expand(const CalendarEvent& event, std::span<const CalendarEvent> overrides,
                               const ExpandOptions& options);

}  // namespace omnicrm::files
