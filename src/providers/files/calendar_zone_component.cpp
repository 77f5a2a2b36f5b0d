// A VTIMEZONE of a file as a Zone, expanded by libical.
#include <libical/ical.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "providers/files/calendar_zones.hpp"
#include "providers/files/content_lines.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t max_observances = 200;

icaltimetype to_ical(WallTime wall) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date{Date(day.time_since_epoch())};
  const std::chrono::hh_mm_ss time{wall - day};
  icaltimetype out = icaltime_null_time();
  out.year = static_cast<int>(date.year());
  out.month = static_cast<int>(static_cast<unsigned>(date.month()));
  out.day = static_cast<int>(static_cast<unsigned>(date.day()));
  out.hour = static_cast<int>(time.hours().count());
  out.minute = static_cast<int>(time.minutes().count());
  out.second = static_cast<int>(time.seconds().count());
  return out;
}

class ComponentZone final : public Zone {
 public:
  explicit ComponentZone(icaltimezone* zone) : zone_(zone) {}
  ComponentZone(const ComponentZone&) = delete;
  ComponentZone& operator=(const ComponentZone&) = delete;
  ~ComponentZone() override { icaltimezone_free(zone_, 1); }

  Timestamp to_utc(WallTime wall) const override {
    icaltimetype time = to_ical(wall);
    int daylight = 0;
    const std::lock_guard lock(mutex_);
    const int offset = icaltimezone_get_utc_offset(zone_, &time, &daylight);
    return Timestamp(wall.time_since_epoch() - std::chrono::seconds(offset));
  }

  WallTime to_wall(Timestamp at) const override {
    const WallTime utc(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch());
    icaltimetype time = to_ical(utc);
    int daylight = 0;
    const std::lock_guard lock(mutex_);
    return utc + std::chrono::seconds(icaltimezone_get_utc_offset_of_utc_time(zone_, &time, &daylight));
  }

  const std::string& name() const override { return name_; }

 private:
  icaltimezone* zone_;
  std::string name_;
  mutable std::mutex mutex_;  // libical extends its table of changes on demand
};

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// Yearly rules by month and day are all that real zones use; anything faster could fill the memory.
bool is_safe_rule(std::string_view rule) {
  if (rule.size() > 120 || !only(rule, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-")) return false;
  bool yearly = false;
  for (const std::string_view part : text::split(rule, ';')) {
    const std::string_view name = part.substr(0, part.find('='));
    if (part == "FREQ=YEARLY") {
      yearly = true;
    } else if (name != "BYMONTH" && name != "BYDAY" && name != "BYMONTHDAY" && name != "UNTIL" &&
               name != "COUNT" && name != "WKST" && part != "INTERVAL=1") {
      return false;
    }
    if (part.substr(name.size()).find(',') != std::string_view::npos && name != "BYMONTHDAY") return false;
  }
  return yearly;
}

/// One property of an observance, as libical shall see it; empty if it is not needed or not sound.
std::string checked_line(const Property& property) {
  const std::string value(text::trim(property.value));
  if (property.is("DTSTART")) {
    const auto time = parse_calendar_time(value);
    return time && !time->is_date && value >= "1600" && value < "2200" ? "DTSTART:" + value.substr(0, 15)
                                                                       : "";
  }
  if (property.is("TZOFFSETFROM") && parse_utc_offset(value)) return "TZOFFSETFROM:" + value;
  if (property.is("TZOFFSETTO") && parse_utc_offset(value)) return "TZOFFSETTO:" + value;
  if (property.is("RRULE") && is_safe_rule(value)) return "RRULE:" + value;
  if (property.is("RDATE") && value.size() <= 4096) {
    for (const std::string_view one : text::split(value, ',')) {
      if (!parse_calendar_time(one)) return "";
    }
    return "RDATE:" + value;
  }
  return "";
}

std::string checked_component(std::string_view vtimezone) {
  std::string out = "BEGIN:VTIMEZONE\r\nTZID:file\r\n";
  std::string kind;
  std::string lines;
  std::size_t observances = 0;
  for (const std::string_view line : text::split(vtimezone, '\n')) {
    const auto property = parse_property(line);
    if (!property) continue;
    const std::string value = text::lower_ascii(text::trim(property->value));
    if (property->is("BEGIN") && (value == "standard" || value == "daylight")) {
      kind = value == "standard" ? "STANDARD" : "DAYLIGHT";
      lines.clear();
    } else if (property->is("END") && !kind.empty()) {
      const bool whole = lines.find("DTSTART:") != std::string::npos &&
                         lines.find("TZOFFSETFROM:") != std::string::npos &&
                         lines.find("TZOFFSETTO:") != std::string::npos;
      if (whole && ++observances <= max_observances) {
        out.append("BEGIN:").append(kind).append("\r\n").append(lines).append("END:").append(kind).append(
            "\r\n");
      }
      kind.clear();
    } else if (!kind.empty()) {
      const std::string kept = checked_line(*property);
      const std::string_view name = std::string_view(kept).substr(0, kept.find(':') + 1);
      if (!kept.empty() && (name == "RDATE:" || lines.find(name) == std::string::npos))
        lines += kept + "\r\n";
    }
  }
  return observances == 0 ? std::string() : out + "END:VTIMEZONE\r\n";
}

}  // namespace

ZonePtr component_zone(std::string_view vtimezone) {
  static std::once_flag once;
  std::call_once(once, [] { icalerror_set_errors_are_fatal(0); });
  const std::string text = checked_component(vtimezone);
  if (text.empty()) return nullptr;
  icalcomponent* component = icalparser_parse_string(text.c_str());
  if (component == nullptr) return nullptr;
  icaltimezone* zone = icaltimezone_new();
  if (icalcomponent_isa(component) != ICAL_VTIMEZONE_COMPONENT ||
      icaltimezone_set_component(zone, component) == 0) {
    icalcomponent_free(component);
    icaltimezone_free(zone, 1);
    return nullptr;
  }
  return std::make_shared<ComponentZone>(zone);
}

}  // namespace omnicrm::files
