// What events are called as items.
#pragma once

#include <string>
#include <string_view>

#include "providers/files/calendar.hpp"

namespace omnicrm::files {

/// Between the UID and the original start of a changed instance. Printable, and in no UID: one that has it is
/// replaced by its hash.
inline constexpr std::string_view recurrence_mark = "\u241E";

/// UID, or UID, mark and RECURRENCE-ID (RFC 5545 section 3.8.4.4). `bytes`: the event, for one without UID.
[[nodiscard]] std::string event_id(const CalendarEvent& event, std::string_view bytes);

/// SEQUENCE and LAST-MODIFIED: greater for a newer revision (RFC 5546 section 2.1.5).
[[nodiscard]] std::string event_revision(const CalendarEvent& event);

/// Length of the part of an id that all items of a series share.
[[nodiscard]] std::size_t event_series_length(std::string_view source_id) noexcept;

}  // namespace omnicrm::files
