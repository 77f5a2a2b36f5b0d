#include "providers/files/calendar.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "providers/files/text_encoding.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t max_calendars = 4096;

/// What one VCALENDAR says about the events in it, and where it begins.
struct CalendarHead {
  std::uint64_t position = 0;
  std::string method;
  std::string zone;
};

/// What the first pass finds.
struct Survey {
  std::vector<CalendarHead> heads;
  std::string name;
};

void note_outside(Survey& survey, std::string_view line, std::uint64_t position) {
  const auto value = [&] { return std::string(text::trim(line.substr(line.find(':') + 1))); };
  if (line.empty()) return;
  const char first = static_cast<char>(line[0] | 0x20);
  if (first == 'b' && text::starts_with_ignoring_case(line, "BEGIN:VCALENDAR")) {
    // A long file of invitations: only a head that says something needs to be kept.
    if (!survey.heads.empty() && survey.heads.back().method.empty() && survey.heads.back().zone.empty() &&
        survey.heads.size() > 1) {
      survey.heads.pop_back();
    }
    if (survey.heads.size() < max_calendars) survey.heads.push_back({position, {}, {}});
  } else if (survey.heads.empty()) {
    return;
  } else if (first == 'm' && text::starts_with_ignoring_case(line, "METHOD:")) {
    survey.heads.back().method = value();
    for (char& c : survey.heads.back().method) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    }
  } else if (first == 'x' && text::starts_with_ignoring_case(line, "X-WR-TIMEZONE:")) {
    survey.heads.back().zone = value();
  } else if (survey.name.empty() && (text::starts_with_ignoring_case(line, "X-WR-CALNAME") ||
                                     text::starts_with_ignoring_case(line, "NAME:"))) {
    survey.name = text::squeeze(unescape_text(to_clean_utf8(value())));
  }
}

Result<Survey> survey_file(TextSource source, ZoneBook& zones) {
  Survey survey;
  ComponentReader reader(std::move(source), {"VTIMEZONE"}, {.max_bytes = std::size_t{64} << 10}, true);
  reader.on_outside(
      [&](std::string_view line, std::uint64_t position) { note_outside(survey, line, position); });
  Component component;
  std::string problem;
  for (;;) {
    OMNICRM_ASSIGN(const bool found, reader.next(component, problem));
    if (!found) return survey;
    if (!problem.empty()) continue;
    std::string lines;
    for (std::size_t i = 0; i < component.lines.size(); ++i) lines.append(component.line(i)).append("\n");
    zones.add(std::move(lines));
  }
}

}  // namespace

struct CalendarReader::State {
  ComponentReader components;
  ZoneBook zones;
  Survey survey;
  std::string default_zone;
  std::size_t head = 0;  // of the calendar that is read now
};

CalendarReader::CalendarReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
CalendarReader::CalendarReader(CalendarReader&&) noexcept = default;
CalendarReader& CalendarReader::operator=(CalendarReader&&) noexcept = default;
CalendarReader::~CalendarReader() = default;

Result<CalendarReader> CalendarReader::open(const std::string& path, std::uint64_t position,
                                            const CalendarOptions& options) {
  OMNICRM_ASSIGN(TextSource survey, TextSource::open(path));
  OMNICRM_ASSIGN(TextSource source, TextSource::open(path, position));
  return make(std::move(survey), std::move(source), options);
}

Result<CalendarReader> CalendarReader::from_memory(std::string_view bytes, const CalendarOptions& options) {
  return make(TextSource::from_memory(bytes), TextSource::from_memory(bytes), options);
}

Result<CalendarReader> CalendarReader::make(TextSource survey, TextSource source,
                                            const CalendarOptions& options) {
  ZoneBook zones(options.default_zone);
  OMNICRM_ASSIGN(Survey found, survey_file(std::move(survey), zones));
  return CalendarReader(std::make_unique<State>(
      State{ComponentReader(std::move(source), {"VEVENT"}, ComponentLimits{}), std::move(zones),
            std::move(found), options.default_zone, static_cast<std::size_t>(-1)}));
}

const std::string& CalendarReader::calendar_name() const noexcept {
  return state_->survey.name;
}

Result<bool> CalendarReader::next(CalendarItem& item) {
  Component component;
  std::string problem;
  OMNICRM_ASSIGN(const bool found, state_->components.next(component, problem));
  if (!found) return false;
  item.position = component.position;
  item.next = component.next;

  const auto& heads = state_->survey.heads;
  const auto after =
      std::upper_bound(heads.begin(), heads.end(), component.position,
                       [](std::uint64_t at, const CalendarHead& head) { return at < head.position; });
  const std::size_t head = static_cast<std::size_t>(after - heads.begin());  // 0: before any
  if (head != state_->head) {
    state_->head = head;
    state_->zones.set_default(state_->default_zone);
    if (head > 0) state_->zones.set_default(heads[head - 1].zone);
  }
  if (problem.empty()) {
    item.event = read_event(component, state_->zones);
    if (item.event) {
      item.event->method = head > 0 ? heads[head - 1].method : std::string();
      if (item.event->method == "CANCEL")
        item.event->status = EventStatus::cancelled;  // RFC 5546 section 3.2.5
      return true;
    }
    problem = item.event.error().message;
  }
  item.event =
      at_position(ErrorCode::invalid_argument, state_->components.name(), component.position, problem);
  return true;
}

}  // namespace omnicrm::files
