#include "providers/files/recurrence.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "providers/files/recurrence_rule.hpp"

namespace omnicrm::files {
namespace {

using std::chrono::days;
using std::chrono::seconds;

struct Span {
  CalendarTime start;
  CalendarTime end;
};

CalendarTime end_of(const CalendarTime& start, const CalendarSpan& span) {
  CalendarTime end = start.moved_to(start.wall + days(span.days));
  if (span.seconds == 0) return end;
  end.at += seconds(span.seconds);
  end.wall = end.is_date ? end.wall + seconds(span.seconds) : end.zone->to_wall(end.at);
  return end;
}

/// Everything `expand` works with.
class Expander {
 public:
  Expander(const CalendarEvent& event, std::span<const CalendarEvent> overrides, const ExpandOptions& options)
      : event_(event), overrides_(overrides), options_(options), steps_(options.max_steps) {}

  Expansion run() {
    collect_exceptions();
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
      if (!overrides_[i].recurs_at) continue;
      const Timestamp key = key_of(*overrides_[i].recurs_at);
      const auto known = by_key_.find(key);
      // The same instance twice: the later revision holds (RFC 5545 section 3.8.7.4).
      if (known == by_key_.end() || overrides_[known->second].sequence <= overrides_[i].sequence)
        by_key_[key] = i;
    }
    generate(Span{event_.starts, event_.ends});
    for (const CalendarExtraDate& extra : event_.rdates) generate_extra(extra);
    for (const std::string& rule : event_.rrules) apply_rule(rule);
    for (const auto& [key, index] : by_key_) add_override(key, index);
    return finish();
  }

 private:
  /// Instances are the same if they start at the same moment, or on the same date.
  [[nodiscard]] Timestamp key_of(const CalendarTime& time) const {
    // A date that stands for an instance with a time (Outlook's EXDATE;VALUE=DATE) is that day's.
    if (!time.is_date || event_.all_day)
      return event_.all_day ? Timestamp(std::chrono::floor<days>(time.wall).time_since_epoch()) : time.at;
    const auto of_day = event_.starts.wall - std::chrono::floor<days>(event_.starts.wall);
    return event_.starts.moved_to(time.wall + of_day).at;
  }

  void collect_exceptions() {
    for (const CalendarTime& time : event_.exdates) excluded_.insert(key_of(time));
    for (const std::string& text : event_.exrules) {
      walk_rule(text, [&](const CalendarTime& start) {
        excluded_.insert(start.at);
        return static_cast<std::int64_t>(excluded_.size()) < options_.max_steps;
      });
    }
    cut_ = ExpansionCut::none;  // an exception that goes on for ever cuts nothing
  }

  /// Calls `take` with each start of a rule up to the window's end, until it says no.
  template <class Take>
  void walk_rule(const std::string& text, Take take) {
    const auto rule = RecurrenceRule::parse(text);
    if (!rule) {
      problems_.push_back(rule.error().message);
      return;
    }
    const seconds margin = days(2) + length();
    const WallTime last(std::chrono::floor<seconds>(options_.window_end).time_since_epoch() + days(2));
    const WallTime not_before(std::chrono::floor<seconds>(options_.window_start).time_since_epoch() - margin);
    auto times = RecurrenceTimes::start(*rule, event_.starts.wall, event_.all_day, not_before, last, steps_);
    if (!times) {
      problems_.push_back(times.error().message);
      return;
    }
    std::int64_t count = 0;
    bool ended = false;
    while (const auto wall = times->next()) {
      const CalendarTime start = event_.starts.moved_to(*wall);
      if ((rule->count && count++ >= *rule->count) || (rule->until && is_after(start, *rule->until))) {
        ended = true;
        break;
      }
      if (start.at >= options_.window_end) {
        cut_ = std::max(cut_, ExpansionCut::window);
        return;
      }
      if (!take(start)) {
        cut_ = ExpansionCut::instances;
        return;
      }
    }
    if (!ended && times->out_of_budget()) cut_ = ExpansionCut::steps;
    if (!ended && !times->out_of_budget() && goes_on(*rule, count))
      cut_ = std::max(cut_, ExpansionCut::window);
  }

  /// The walk ended at the window's margin, not at the rule's end.
  [[nodiscard]] bool goes_on(const RecurrenceRule& rule, std::int64_t count) const {
    if (rule.count) return count < *rule.count;
    return !rule.until || Timestamp(rule.until->wall.time_since_epoch()) >= options_.window_end;
  }

  [[nodiscard]] bool is_after(const CalendarTime& start, const RawCalendarTime& until) const {
    if (until.is_date) return std::chrono::floor<days>(start.wall) > until.wall;
    if (start.is_date) return start.wall > until.wall;
    if (until.is_utc) return start.at > Timestamp(until.wall.time_since_epoch());
    return start.wall > until.wall;
  }

  [[nodiscard]] seconds length() const { return days(event_.span.days) + seconds(event_.span.seconds); }

  void apply_rule(const std::string& text) {
    walk_rule(text, [&](const CalendarTime& start) {
      generate(Span{start, end_of(start, event_.span)});
      return static_cast<std::int64_t>(found_.size()) <= options_.max_instances;
    });
  }

  void generate_extra(const CalendarExtraDate& extra) {
    CalendarTime start = extra.start;
    if (start.is_date && !event_.all_day) return;
    if (event_.all_day && !start.is_date) {
      start = event_.starts.moved_to(std::chrono::floor<days>(start.wall));
    }
    generate(Span{start, extra.end.value_or(end_of(start, event_.span))});
  }

  void generate(Span span) {
    const Timestamp key = key_of(span.start);
    if (excluded_.contains(key) || by_key_.contains(key)) return;
    EventInstance instance;
    instance.original_start = span.start.key();
    instance.status = event_.status;
    if (const auto from = range_for(key); from != by_key_.end()) {
      const CalendarEvent& change = overrides_[from->second];
      // The change moves every later instance by as much as it moved its own.
      const CalendarTime original = change.starts.moved_to(change.starts.zone->to_wall(change.recurs_at->at));
      const CalendarTime here = change.starts.moved_to(change.starts.zone->to_wall(span.start.at));
      const bool dates = change.all_day || event_.all_day;
      const seconds moved = change.starts.wall - (dates ? change.recurs_at->wall : original.wall);
      span.start = change.starts.moved_to((dates ? span.start.wall : here.wall) + moved);
      span.end = end_of(span.start, change.span);
      instance.status = change.status;
      instance.override_index = static_cast<int>(from->second);
    }
    add(std::move(instance), span);
  }

  /// The last THISANDFUTURE change at or before `key`.
  [[nodiscard]] std::map<Timestamp, std::size_t>::const_iterator range_for(Timestamp key) const {
    auto at = by_key_.upper_bound(key);
    while (at != by_key_.begin()) {
      --at;
      if (overrides_[at->second].this_and_future) return at;
    }
    return by_key_.end();
  }

  void add_override(Timestamp key, std::size_t index) {
    if (excluded_.contains(key)) return;
    const CalendarEvent& change = overrides_[index];
    EventInstance instance;
    instance.original_start = event_.all_day ? to_string_date(std::chrono::floor<days>(key)) : to_string(key);
    instance.status = change.status;
    instance.override_index = static_cast<int>(index);
    add(std::move(instance), Span{change.starts, change.ends});
  }

  void add(EventInstance instance, const Span& span) {
    const bool at_window_start = span.start.at == span.end.at && span.start.at >= options_.window_start;
    if (span.start.at >= options_.window_end || (span.end.at <= options_.window_start && !at_window_start))
      return;
    instance.start = span.start.at;
    instance.end = span.end.at;
    instance.all_day = span.start.is_date;
    instance.start_date = span.start.date();
    instance.end_date = span.end.date();
    const bool at_midnight = span.end.wall == std::chrono::floor<days>(span.end.wall);
    if (!instance.all_day && (!at_midnight || instance.end_date == instance.start_date))
      instance.end_date += days(1);
    found_.emplace(instance.original_start, std::move(instance));
  }

  Expansion finish() {
    Expansion out;
    out.problems = std::move(problems_);
    for (auto& [key, instance] : found_) out.instances.push_back(std::move(instance));
    std::sort(out.instances.begin(), out.instances.end(), [](const EventInstance& a, const EventInstance& b) {
      return std::tie(a.start, a.original_start) < std::tie(b.start, b.original_start);
    });
    if (static_cast<std::int64_t>(out.instances.size()) > options_.max_instances) {
      out.instances.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, options_.max_instances)));
      cut_ = ExpansionCut::instances;
    }
    out.cut = cut_;
    out.truncated = cut_ != ExpansionCut::none;
    return out;
  }

  const CalendarEvent& event_;
  std::span<const CalendarEvent> overrides_;
  const ExpandOptions& options_;
  std::int64_t steps_;
  std::set<Timestamp> excluded_;
  std::map<Timestamp, std::size_t> by_key_;  // which override changes the instance that starts then
  std::map<std::string, EventInstance> found_;
  std::vector<std::string> problems_;
  ExpansionCut cut_ = ExpansionCut::none;
};

}  // namespace

Expansion expand(const CalendarEvent& event, std::span<const CalendarEvent> overrides,
                 const ExpandOptions& options) {
  return Expander(event, overrides, options).run();
}

}  // namespace omnicrm::files
