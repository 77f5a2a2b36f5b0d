// A calendar series as meetings: its event, its changed instances, its rule spread out over a window.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/address.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/time_range.hpp"
#include "providers/files/calendar.hpp"
#include "providers/files/calendar_ids.hpp"
#include "providers/files/item_support.hpp"
#include "providers/files/normalizers.hpp"
#include "providers/files/recurrence.hpp"
#include "sync/normalize/mail_text.hpp"

namespace omnicrm::files {
namespace {

using sync::ItemFacts;
using sync::Normalized;
using sync::NormalizedInteraction;
using sync::RawItem;

/// Of one series: a daily meeting over ten years and the next has 4,017.
constexpr std::int64_t most_instances = 5000;
constexpr std::size_t most_participants = 500;
constexpr std::size_t longest_address = 320;

/// An event and which of the items it came from.
struct SeriesEvent {
  CalendarEvent event;
  std::size_t item = 0;
};

/// The series taken apart; the overrides in the order of their original starts.
struct Series {
  std::optional<SeriesEvent> main;
  std::vector<SeriesEvent> overrides;
};

Result<CalendarEvent> read_item(const RawItem& item, const std::string& default_zone) {
  OMNICRM_ASSIGN(CalendarReader reader,
                 CalendarReader::from_memory(item.payload, {.default_zone = default_zone}));
  CalendarItem found{.event = {}};
  OMNICRM_ASSIGN(const bool any, reader.next(found));
  if (!any) return invalid("event", "there is no VEVENT in it");
  return std::move(found.event);
}

/// RFC 5546 section 2.1.5: the higher SEQUENCE is the newer one, then the later LAST-MODIFIED. The bytes
/// decide at last, so that the order of the items never does.
bool is_newer(const SeriesEvent& a, const SeriesEvent& b, std::span<const RawItem> items) {
  return std::forward_as_tuple(a.event.sequence, a.event.last_modified, items[a.item].payload) >
         std::forward_as_tuple(b.event.sequence, b.event.last_modified, items[b.item].payload);
}

/// Errors: the first, if no item can be read.
Result<Series> take_apart(std::span<const RawItem> items, const std::string& default_zone) {
  Series series;
  std::map<std::string, SeriesEvent> overrides;
  std::optional<Error> problem;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto event = read_item(items[i], default_zone);
    if (!event) {
      if (!problem) problem = event.error();
      continue;
    }
    SeriesEvent found{std::move(*event), i};
    if (!found.event.recurrence_id) {
      if (!series.main || is_newer(found, *series.main, items)) series.main = std::move(found);
      continue;
    }
    const auto [at, is_new] = overrides.try_emplace(*found.event.recurrence_id);
    if (is_new || is_newer(found, at->second, items)) at->second = std::move(found);
  }
  for (auto& [key, override_event] : overrides) series.overrides.push_back(std::move(override_event));
  if (!series.main && series.overrides.empty()) {
    if (problem) return fail(std::move(*problem));
    return invalid("series", "has no event");
  }
  return series;
}

ParticipantResponse response_of(std::string_view partstat) {
  constexpr std::array<std::pair<std::string_view, ParticipantResponse>, 5> names = {{
      {"needs-action", ParticipantResponse::needs_action},
      {"accepted", ParticipantResponse::accepted},
      {"declined", ParticipantResponse::declined},
      {"tentative", ParticipantResponse::tentative},
      {"delegated", ParticipantResponse::delegated},
  }};
  for (const auto& [name, response] : names) {
    if (name == partstat) return response;
  }
  return ParticipantResponse::none;
}

ParticipantRole role_of(const CalendarAttendee& attendee) {
  // A group is nobody in particular: like a room, it never becomes a contact.
  if (attendee.cutype == "resource" || attendee.cutype == "room" || attendee.cutype == "group") {
    return ParticipantRole::resource;
  }
  const bool optional = attendee.role == "opt-participant" || attendee.role == "non-participant";
  return optional ? ParticipantRole::optional_attendee : ParticipantRole::attendee;
}

Participant participant_of(const CalendarAttendee& attendee, ParticipantRole role) {
  Participant person;
  person.role = role;
  person.name = text::squeeze(attendee.name);
  if (auto address = parse_address(attendee.address)) {
    person.address = std::move(address->normalized);
  } else {
    person.address = text::cut(text::squeeze(attendee.address), longest_address);
  }
  return person;
}

void add_person(std::vector<Participant>& people, Participant person) {
  if (people.size() >= most_participants || (person.address.empty() && person.name.empty())) return;
  const bool known = std::any_of(people.begin(), people.end(), [&](const Participant& other) {
    // The organizer stands once more among the attendees, with the answer.
    const bool same_part =
        (other.role == ParticipantRole::organizer) == (person.role == ParticipantRole::organizer);
    return same_part && other.address == person.address &&
           (!person.address.empty() || other.name == person.name);
  });
  if (!known) people.push_back(std::move(person));
}

void add_people(std::vector<Participant>& people, const CalendarEvent& event) {
  if (event.organizer) add_person(people, participant_of(*event.organizer, ParticipantRole::organizer));
  for (const CalendarAttendee& attendee : event.attendees) {
    Participant person = participant_of(attendee, role_of(attendee));
    person.response = response_of(attendee.partstat);
    add_person(people, std::move(person));
  }
}

/// Google and Outlook put HTML into DESCRIPTION.
std::string description_of(const CalendarEvent& event) {
  const std::string lower = text::lower_ascii(event.description);
  for (const std::string_view tag :
       {"<br", "<p>", "<p ", "<div", "<html", "<a href", "<ul>", "<b>", "<span"}) {
    if (lower.find(tag) != std::string::npos) return sync::html_to_text(event.description);
  }
  return event.description;
}

InteractionStatus status_of(EventStatus status) {
  switch (status) {
    case EventStatus::tentative:
      return InteractionStatus::tentative;
    case EventStatus::cancelled:
      return InteractionStatus::cancelled;
    case EventStatus::confirmed:
      break;
  }
  return InteractionStatus::confirmed;
}

/// What all instances of one event have in common, made once.
Interaction meeting_of(const CalendarEvent& event, const RawItem& item) {
  Interaction meeting;
  meeting.kind = InteractionKind::meeting;
  meeting.source = Origin::calendar;
  meeting.status = status_of(event.status);
  meeting.subject = text::squeeze(event.title);
  meeting.body = description_of(event);
  meeting.all_day = event.all_day;
  meeting.zone = event.all_day ? std::string() : event.iana_zone;
  meeting.location = text::squeeze(event.location);
  meeting.conference_url = event.conference_link;
  meeting.thread_id = "event:" + std::string(item.source_id.substr(0, event_series_length(item.source_id)));
  meeting.message_id = text::cut(event.uid, longest_source_id);
  if (const std::string calendar = origin_text(item.origin, "calendar"); !calendar.empty()) {
    meeting.labels.push_back(calendar);
  }
  for (const std::string& category : event.categories) {
    const std::string label = text::squeeze(category);
    if (std::find(meeting.labels.begin(), meeting.labels.end(), label) == meeting.labels.end()) {
      meeting.labels.push_back(label);
    }
  }
  add_people(meeting.participants, event);
  return meeting;
}

void set_time(Interaction& meeting, Timestamp start, Timestamp end) {
  meeting.occurred_at = start;
  if (end > start && is_writable(end)) meeting.ended_at = end;
}

/// An event on its own: not recurring, or a changed instance whose series is not here.
NormalizedInteraction single_meeting(const SeriesEvent& source, const RawItem& item) {
  NormalizedInteraction made{.interaction = meeting_of(source.event, item),
                             .documents = {},
                             .item = static_cast<std::int64_t>(source.item)};
  set_time(made.interaction, source.event.start, source.event.end);
  if (source.event.recurs_at) made.interaction.original_start = source.event.recurs_at->at;
  return made;
}

void add_instances(const Series& series, std::span<const RawItem> items,
                   const sync::NormalizeOptions& options, std::vector<NormalizedInteraction>& out) {
  std::vector<CalendarEvent> overrides;
  std::vector<Interaction> meetings;
  for (const SeriesEvent& source : series.overrides) {
    overrides.push_back(source.event);
    meetings.push_back(meeting_of(source.event, items[source.item]));
  }
  const Interaction main = meeting_of(series.main->event, items[series.main->item]);
  const Expansion expansion = expand(series.main->event, overrides,
                                     {.window_start = options.window_start,
                                      .window_end = options.window_end,
                                      .max_instances = most_instances});
  for (const EventInstance& instance : expansion.instances) {
    const bool is_main = instance.override_index < 0;
    const auto index = is_main ? std::size_t{0} : static_cast<std::size_t>(instance.override_index);
    NormalizedInteraction made{
        .interaction = is_main ? main : meetings[index],
        .documents = {},
        .item = static_cast<std::int64_t>(is_main ? series.main->item : series.overrides[index].item)};
    made.interaction.status = status_of(instance.status);
    made.interaction.all_day = instance.all_day;
    set_time(made.interaction, instance.start, instance.end);
    if (const auto original = parse_timestamp(instance.original_start))
      made.interaction.original_start = *original;
    out.push_back(std::move(made));
  }
}

ItemFacts facts_of(const Series& series, std::span<const RawItem> items) {
  const SeriesEvent& first = series.main ? *series.main : series.overrides.front();
  ItemFacts facts;
  facts.title = text::squeeze(first.event.title);
  facts.at = first.event.start;
  facts.labels = meeting_of(first.event, items[first.item]).labels;
  add_people(facts.participants, first.event);
  for (const SeriesEvent& source : series.overrides) add_people(facts.participants, source.event);
  return facts;
}

class CalendarNormalizer final : public sync::Normalizer {
 public:
  [[nodiscard]] std::int64_t version() const noexcept override { return 1; }
  [[nodiscard]] std::string_view content_type() const noexcept override { return "text/calendar"; }
  [[nodiscard]] std::size_t series_length(std::string_view source_id) const noexcept override {
    return event_series_length(source_id);
  }

  Result<ItemFacts> facts(const RawItem& item) const override {
    OMNICRM_ASSIGN(const Series series, take_apart(std::span(&item, 1), "UTC"));
    return facts_of(series, std::span(&item, 1));
  }

  Result<Normalized> normalize(std::span<const RawItem> items,
                               const sync::NormalizeOptions& options) const override {
    OMNICRM_ASSIGN(const Series series, take_apart(items, options.default_zone));
    Normalized out;
    out.facts = facts_of(series, items);
    if (series.main && series.main->event.recurs()) {
      add_instances(series, items, options, out.interactions);
      return out;
    }
    if (series.main) out.interactions.push_back(single_meeting(*series.main, items[series.main->item]));
    for (const SeriesEvent& source : series.overrides) {
      out.interactions.push_back(single_meeting(source, items[source.item]));
    }
    return out;
  }
};

}  // namespace

std::shared_ptr<const sync::Normalizer> calendar_normalizer() {
  return std::make_shared<CalendarNormalizer>();
}

}  // namespace omnicrm::files
