#include "providers/files/calendar_ids.hpp"

#include <algorithm>

#include "providers/files/item_support.hpp"

namespace omnicrm::files {

std::string event_id(const CalendarEvent& event, std::string_view bytes) {
  const bool marked = event.uid.find(recurrence_mark) != std::string::npos;
  std::string id = marked ? hashed_id(event.uid) : named_id(event.uid, bytes);
  if (event.recurrence_id) id.append(recurrence_mark).append(*event.recurrence_id);
  return id;
}

std::string event_revision(const CalendarEvent& event) {
  std::string sequence = std::to_string(std::clamp<std::int64_t>(event.sequence, 0, 9'999'999'999));
  sequence.insert(0, 10 - sequence.size(), '0');
  return sequence + (event.last_modified ? " " + to_string(*event.last_modified) : "");
}

std::size_t event_series_length(std::string_view source_id) noexcept {
  const std::size_t mark = source_id.find(recurrence_mark);
  return mark == std::string_view::npos ? source_id.size() : mark;
}

}  // namespace omnicrm::files
