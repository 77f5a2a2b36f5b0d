// Calendar events, their zones and their recurrences, on any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "providers/files/calendar.hpp"
#include "providers/files/recurrence.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_clean(std::string_view text) {
  return omnicrm::text::is_utf8(text) && text.find('\0') == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnicrm;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto reader = files::CalendarReader::from_memory(bytes);
  require(reader.has_value());
  files::ExpandOptions options;
  options.window_start = parse_timestamp("2002-01-01").value();
  options.window_end = parse_timestamp("2003-01-01").value();
  options.max_instances = 50;
  options.max_steps = 2000;
  std::vector<files::CalendarEvent> overrides;
  files::CalendarItem item;
  std::uint64_t last = 0;
  int expanded = 0;
  while (reader->next(item).value()) {
    require(item.position >= last && item.next >= item.position);
    last = item.position;
    if (!item.event) continue;
    const files::CalendarEvent& event = *item.event;
    require(is_clean(event.title) && is_clean(event.uid) && is_clean(event.description) &&
            is_clean(event.zone));
    require(event.end >= event.start);
    for (const auto& attendee : event.attendees)
      require(is_clean(attendee.name) && is_clean(attendee.address));
    if (event.recurs_at) {
      if (overrides.size() < 10) overrides.push_back(event);
      continue;
    }
    if (++expanded > 20) continue;
    const files::Expansion expansion = files::expand(event, overrides, options);
    require(expansion.instances.size() <= 50);
    for (const auto& instance : expansion.instances) {
      require(instance.start < options.window_end && instance.end >= options.window_start);
    }
  }
  return 0;
}
