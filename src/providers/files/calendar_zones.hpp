// Time zones as calendars name them, and calendar times in them.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <omnicrm/core/time.hpp>

namespace omnicrm::files {

/// What a clock on the wall shows.
using WallTime = std::chrono::local_seconds;

/// One time zone. Immutable, thread-safe.
class Zone {
 public:
  virtual ~Zone() = default;
  /// RFC 5545 section 3.3.5: a wall time that does not occur takes the offset before the gap; one that occurs
  /// twice is the first.
  [[nodiscard]] virtual Timestamp to_utc(WallTime wall) const = 0;
  [[nodiscard]] virtual WallTime to_wall(Timestamp at) const = 0;
  /// The IANA name; empty for a zone that only its file describes.
  [[nodiscard]] virtual const std::string& name() const = 0;
};

using ZonePtr = std::shared_ptr<const Zone>;

/// The IANA name for a TZID: itself, behind a prefix ("/mozilla.org/20050126_1/Europe/Berlin"), from a
/// Windows name ("W. Europe Standard Time"), or "UTC". Empty if there is none.
[[nodiscard]] std::string iana_zone_name(std::string_view tzid);
/// CLDR's windowsZones: the IANA name for a Windows one; empty if unknown.
[[nodiscard]] std::string_view windows_zone(std::string_view name) noexcept;

/// Empty pointer if there is no such IANA zone.
[[nodiscard]] ZonePtr iana_zone(const std::string& name);
[[nodiscard]] ZonePtr utc_zone();
/// From the lines of a VTIMEZONE, by libical. Only what RFC 5545 section 3.6.5 needs goes in, checked, so
/// that nothing in a file can make the expansion long. Empty pointer if it cannot be used.
[[nodiscard]] ZonePtr component_zone(std::string_view vtimezone);

/// The zones that one file uses. One thread at a time.
class ZoneBook {
 public:
  /// `default_zone`: for times without any zone; UTC if it is unknown.
  explicit ZoneBook(const std::string& default_zone = "UTC");

  /// Keeps a VTIMEZONE (unfolded lines, LF). What is beyond 1,000 zones or 64 KiB each is left out.
  void add(std::string vtimezone);
  void set_default(const std::string& zone);
  /// An IANA zone if the TZID maps to one, else the file's VTIMEZONE, else empty.
  [[nodiscard]] ZonePtr find(std::string_view tzid);
  [[nodiscard]] const ZonePtr& default_zone() const noexcept { return default_zone_; }

 private:
  ZonePtr default_zone_;
  std::map<std::string, std::string, std::less<>> components_;
  std::map<std::string, ZonePtr, std::less<>> found_;
};

/// A DATE or DATE-TIME with what it means.
struct CalendarTime {
  bool is_date = false;
  WallTime wall{};   ///< in `zone`; midnight of a date
  std::string tzid;  ///< as the file has it; "UTC" for a "Z" time, empty for a floating one
  ZonePtr zone;      ///< never empty after parsing
  Timestamp at{};    ///< UTC; midnight UTC of a date

  [[nodiscard]] Date date() const {
    return Date(std::chrono::floor<std::chrono::days>(wall).time_since_epoch());
  }
  /// The key of an instance: RFC 3339 in UTC, or the date.
  [[nodiscard]] std::string key() const;
  /// The same kind of time at another wall time.
  [[nodiscard]] CalendarTime moved_to(WallTime other) const;
};

/// Nominal days and exact seconds (RFC 5545 section 3.3.6).
struct CalendarSpan {
  std::int64_t days = 0;
  std::int64_t seconds = 0;
};

/// `20020822`, `20020822T123623`, `20020822T123623Z`; years 1 to 9999.
struct RawCalendarTime {
  WallTime wall{};
  bool is_date = false;
  bool is_utc = false;
};
[[nodiscard]] std::optional<RawCalendarTime> parse_calendar_time(std::string_view text);
/// `P1W`, `-PT15M`, `P1DT2H`.
[[nodiscard]] std::optional<CalendarSpan> parse_span(std::string_view text);
/// `+0100`, `-0330`, `+005328` in seconds.
[[nodiscard]] std::optional<int> parse_utc_offset(std::string_view text);

}  // namespace omnicrm::files
