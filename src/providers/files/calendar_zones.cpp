#include "providers/files/calendar_zones.hpp"

#ifndef USE_OS_TZDB
#define USE_OS_TZDB 1  // as Debian's libdate-tz is built
#endif
#include <date/tz.h>

#include <array>
#include <exception>
#include <utility>

#include "core/text.hpp"

namespace omnicrm::files {
namespace {

class IanaZone final : public Zone {
 public:
  explicit IanaZone(const date::time_zone* zone) : zone_(zone), name_(zone->name()) {}

  Timestamp to_utc(WallTime wall) const override {
    const date::local_seconds local{wall.time_since_epoch()};
    // `first` holds the offset before a gap and the earlier one of an overlap: just what the RFC asks for.
    const std::chrono::seconds offset = zone_->get_info(local).first.offset;
    return Timestamp(wall.time_since_epoch() - offset);
  }

  WallTime to_wall(Timestamp at) const override {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    return WallTime(seconds.time_since_epoch() + zone_->get_info(seconds).offset);
  }

  const std::string& name() const override { return name_; }

 private:
  const date::time_zone* zone_;
  std::string name_;
};

class FixedZone final : public Zone {
 public:
  FixedZone(std::string name, std::chrono::seconds offset) : name_(std::move(name)), offset_(offset) {}

  Timestamp to_utc(WallTime wall) const override { return Timestamp(wall.time_since_epoch() - offset_); }
  WallTime to_wall(Timestamp at) const override {
    return WallTime(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch() + offset_);
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  std::chrono::seconds offset_;
};

bool is_iana(std::string_view name) {
  if (name.empty() || name.size() > 60 || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return iana_zone(std::string(name)) != nullptr;
}

/// "GMT+2", "UTC-05:00", "GMT+0530": a fixed offset that programs without zones write.
ZonePtr offset_zone(std::string_view tzid) {
  if (!tzid.starts_with("GMT") && !tzid.starts_with("UTC")) return nullptr;
  std::string rest(tzid.substr(3));
  std::erase(rest, ':');
  if (rest.size() == 2) rest = {rest[0], '0', rest[1]};
  if (rest.size() == 3) rest += "00";
  const auto offset = parse_utc_offset(rest);
  return offset ? std::make_shared<FixedZone>(std::string(), std::chrono::seconds(*offset)) : nullptr;
}

}  // namespace

ZonePtr iana_zone(const std::string& name) {
  try {
    return std::make_shared<IanaZone>(date::locate_zone(name));
  } catch (const std::exception&) {  // the library's way to say "unknown"
    return nullptr;
  }
}

ZonePtr utc_zone() {
  static const ZonePtr zone = std::make_shared<FixedZone>("UTC", std::chrono::seconds(0));
  return zone;
}

std::string iana_zone_name(std::string_view tzid) {
  tzid = text::trim(tzid);
  if (tzid.size() >= 2 && tzid.front() == '"' && tzid.back() == '"') tzid = tzid.substr(1, tzid.size() - 2);
  for (const std::string_view utc : {"UTC", "GMT", "Z", "Etc/UTC", "Etc/GMT", "Coordinated Universal Time",
                                     "tzone://Microsoft/Utc", "(UTC) Coordinated Universal Time"}) {
    if (text::equals_ignoring_case(tzid, utc)) return "UTC";
  }
  if (const std::string_view known = windows_zone(tzid); !known.empty()) return std::string(known);
  if (is_iana(tzid)) return std::string(tzid);
  if (tzid.empty() || tzid.front() != '/') return {};
  // "/mozilla.org/20050126_1/Europe/Berlin", "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin"
  for (std::size_t at = tzid.find('/', 1); at != std::string_view::npos; at = tzid.find('/', at + 1)) {
    const std::string_view rest = tzid.substr(at + 1);
    if (rest.find('/') != std::string_view::npos && is_iana(rest)) return std::string(rest);
  }
  return {};
}

ZoneBook::ZoneBook(const std::string& default_zone) : default_zone_(utc_zone()) {
  set_default(default_zone);
}

void ZoneBook::set_default(const std::string& zone) {
  if (ZonePtr found = find(zone)) default_zone_ = std::move(found);
}

void ZoneBook::add(std::string vtimezone) {
  if (components_.size() >= 1000 || vtimezone.size() > (std::size_t{64} << 10)) return;
  for (const std::string_view line : text::split(vtimezone, '\n')) {
    if (!text::starts_with_ignoring_case(line, "TZID")) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string tzid(text::trim(line.substr(colon + 1)));
    found_.erase(tzid);
    components_.insert_or_assign(std::move(tzid), std::move(vtimezone));
    return;
  }
}

ZonePtr ZoneBook::find(std::string_view tzid) {
  if (const auto known = found_.find(tzid); known != found_.end()) return known->second;
  ZonePtr zone;
  const auto described = components_.find(tzid);
  std::string name = iana_zone_name(tzid);
  if (name.empty() && described != components_.end()) {
    for (const std::string_view line : text::split(described->second, '\n')) {
      // libical's own files say in X-LIC-LOCATION which zone they mean.
      if (line.starts_with("X-LIC-LOCATION:")) name = iana_zone_name(line.substr(15));
    }
  }
  if (name == "UTC") {
    zone = utc_zone();
  } else if (!name.empty()) {
    zone = iana_zone(name);
  }
  if (!zone && described != components_.end()) zone = component_zone(described->second);
  if (!zone) zone = offset_zone(tzid);
  if (found_.size() >= 4096) found_.clear();
  found_.emplace(std::string(tzid), zone);
  return zone;
}

std::string CalendarTime::key() const {
  return is_date ? to_string_date(date()) : to_string(at);
}

CalendarTime CalendarTime::moved_to(WallTime other) const {
  CalendarTime moved = *this;
  moved.wall = other;
  moved.at = is_date ? Timestamp(other.time_since_epoch()) : zone->to_utc(other);
  return moved;
}

namespace {

int number(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::optional<RawCalendarTime> parse_calendar_time(std::string_view text) {
  text = text::trim(text);
  const int year = number(text, 0, 4);
  const int month = number(text, 4, 2);
  const int day = number(text, 6, 2);
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  RawCalendarTime out;
  out.wall = WallTime(std::chrono::sys_days(date).time_since_epoch());
  if (text.size() == 8) {
    out.is_date = true;
    return out;
  }
  const int hour = number(text, 9, 2);
  const int minute = number(text, 11, 2);
  const int second = number(text, 13, 2);
  if (text[8] != 'T' || hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  out.is_utc = text.size() == 16 && (text[15] == 'Z' || text[15] == 'z');
  if (text.size() != 15 && !out.is_utc) return std::nullopt;
  // A leap second has no place in POSIX time: it is the second before.
  out.wall += std::chrono::hours(hour) + std::chrono::minutes(minute) +
              std::chrono::seconds(second == 60 ? 59 : second);
  return out;
}

std::optional<CalendarSpan> parse_span(std::string_view text) {
  text = text::trim(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.size() < 3 || text.front() != 'P') return std::nullopt;
  text.remove_prefix(1);
  CalendarSpan span;
  bool in_time = false;
  std::int64_t value = -1;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = (value < 0 ? 0 : value) * 10 + (c - '0');
      if (value > 100'000'000) return std::nullopt;
      continue;
    }
    if (c == 'T' && value < 0 && !in_time) {
      in_time = true;
      continue;
    }
    if (value < 0) return std::nullopt;
    if (c == 'W' && !in_time) {
      span.days += value * 7;
    } else if (c == 'D' && !in_time) {
      span.days += value;
    } else if (c == 'H' && in_time) {
      span.seconds += value * 3600;
    } else if (c == 'M' && in_time) {
      span.seconds += value * 60;
    } else if (c == 'S' && in_time) {
      span.seconds += value;
    } else {
      return std::nullopt;
    }
    value = -1;
  }
  if (value >= 0 || span.days > 3'660'000 || span.seconds > 400'000'000'000) return std::nullopt;
  if (negative) span = {-span.days, -span.seconds};
  return span;
}

std::optional<int> parse_utc_offset(std::string_view text) {
  if ((text.size() != 5 && text.size() != 7) || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int hours = number(text, 1, 2);
  const int minutes = number(text, 3, 2);
  const int seconds = text.size() == 7 ? number(text, 5, 2) : 0;
  if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
    return std::nullopt;
  const int total = hours * 3600 + minutes * 60 + seconds;
  return text[0] == '-' ? -total : total;
}

}  // namespace omnicrm::files
