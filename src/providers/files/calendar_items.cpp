// The events of an .ics file, as items that stand alone: each a small calendar with the time zones it uses.
#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "core/text.hpp"
#include "providers/files/calendar.hpp"
#include "providers/files/calendar_ids.hpp"
#include "providers/files/item_readers.hpp"
#include "providers/files/item_support.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t largest_zone = std::size_t{64} << 10;
constexpr std::size_t most_zones = 1000;

/// A VTIMEZONE and where it stands.
struct ZonePlace {
  std::string tzid;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string text;  ///< read when first used
};

/// What stands around the events of a file.
struct Frame {
  std::vector<ZonePlace> zones;
  /// X-WR-TIMEZONE lines, and where the calendars begin that have them or not.
  std::vector<std::pair<std::uint64_t, std::string>> default_zones;
};

void note_line(Frame& frame, std::string_view line, std::uint64_t position) {
  auto& zones = frame.default_zones;
  if (text::starts_with_ignoring_case(line, "BEGIN:VCALENDAR")) {
    // One that says the same as the one before needs no entry.
    if (zones.empty() || !zones.back().second.empty()) zones.emplace_back(position, std::string());
  } else if (text::starts_with_ignoring_case(line, "X-WR-TIMEZONE:")) {
    if (zones.empty() || !zones.back().second.empty()) zones.emplace_back(position, std::string());
    zones.back().second = text::to_utf8(text::trim(line));
  }
}

Result<Frame> find_frame(const std::string& path) {
  OMNICRM_ASSIGN(TextSource source, TextSource::open(path));
  Frame frame;
  ComponentReader reader(std::move(source), {"VTIMEZONE"}, {.max_bytes = largest_zone}, true);
  reader.on_outside([&](std::string_view line, std::uint64_t position) { note_line(frame, line, position); });
  Component zone;
  std::string problem;
  for (;;) {
    OMNICRM_ASSIGN(const bool found, reader.next(zone, problem));
    if (!found) return frame;
    if (!problem.empty() || frame.zones.size() == most_zones) continue;
    for (std::size_t i = 0; i < zone.lines.size(); ++i) {
      const auto property = parse_property(zone.line(i));
      if (!property || !property->is("TZID")) continue;
      const std::string tzid(text::trim(property->value));
      const bool known = std::any_of(frame.zones.begin(), frame.zones.end(),
                                     [&](const ZonePlace& other) { return other.tzid == tzid; });
      if (!known && !tzid.empty()) frame.zones.push_back({tzid, zone.position, zone.next, {}});
      break;
    }
  }
}

/// Which of several events with one name is the newest: merged and appended exports hold old versions too.
class Versions {
 public:
  /// Reads the whole file once; keeps some 120 bytes an event.
  static Result<Versions> find(const std::string& path, const CalendarOptions& options) {
    OMNICRM_ASSIGN(CalendarReader reader, CalendarReader::open(path, 0, options));
    Versions versions;
    CalendarItem item{.event = {}};
    for (;;) {
      OMNICRM_ASSIGN(const bool found, reader.next(item));
      if (!found) return versions;
      if (!item.event || item.event->uid.empty()) continue;
      const Version version{item.event->sequence, item.event->last_modified, item.position};
      const auto [known, is_new] = versions.newest_.emplace(key_of(*item.event), version);
      if (!is_new && known->second < version) known->second = version;
    }
  }

  [[nodiscard]] bool is_superseded(const CalendarEvent& event, std::uint64_t position) const {
    const auto newest = newest_.find(key_of(event));
    return newest != newest_.end() && newest->second.position != position;
  }

 private:
  /// RFC 5546 section 2.1.5; of two that are alike, the later one in the file.
  struct Version {
    std::int64_t sequence = 0;
    std::optional<Timestamp> modified;
    std::uint64_t position = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
  };

  static Sha256Digest key_of(const CalendarEvent& event) { return sha256(event_id(event, {})); }

  std::map<Sha256Digest, Version> newest_;
};

/// RFC 5545 section 3.1.
std::string unfolded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    const bool fold = text[i] == '\n' && i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\t');
    if (fold) {
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Whether a TZID parameter names the zone.
bool mentions(std::string_view event, std::string_view tzid) {
  for (std::size_t at = event.find(tzid); at != std::string_view::npos; at = event.find(tzid, at + 1)) {
    if (at == 0 || (event[at - 1] != '=' && event[at - 1] != '"')) continue;
    const char behind = at + tzid.size() < event.size() ? event[at + tzid.size()] : ':';
    if (behind == ':' || behind == ';' || behind == '"') return true;
  }
  return false;
}

void append_lines(std::string& out, std::string_view lines) {
  out += lines;
  if (!lines.ends_with('\n')) out += "\r\n";
}

class CalendarItems final : public sync::SourceReader {
 public:
  CalendarItems(CalendarReader reader, FileBytes file, Frame frame, Versions versions, std::string path,
                std::uint64_t cap)
      : reader_(std::move(reader)),
        file_(std::move(file)),
        frame_(std::move(frame)),
        versions_(std::move(versions)),
        path_(std::move(path)),
        cap_(cap) {}

  Result<bool> next(sync::SourceItem& item) override {
    CalendarItem found{.event = {}};
    OMNICRM_ASSIGN(const bool more, reader_.next(found));
    if (!more) return false;
    const std::uint64_t bytes = found.next - found.position;
    start_item(item, "calendar", "text/calendar");
    item.size = static_cast<std::int64_t>(bytes);
    item.next = std::to_string(found.next);
    ObjectText origin;
    origin.text("path", path_).number("position", found.position);
    if (!reader_.calendar_name().empty()) origin.text("calendar", reader_.calendar_name());
    if (found.event) origin.text("revision", event_revision(*found.event));
    item.origin = origin.finish();
    OMNICRM_ASSIGN(const std::string text,
                   file_.read(found.position, found.position + std::min(bytes, cap_)));
    item.source_id = found.event ? event_id(*found.event, text) : hashed_id(text);
    if (bytes > cap_) {
      too_large(item, bytes, cap_);
    } else if (!found.event) {
      poison(item, "unreadable", found.event.error().message);
    } else if (versions_.is_superseded(*found.event, found.position)) {
      item.source_id = hashed_id(text);
      item.state = RawEventState::skipped;
      item.reason = "superseded: the file has a newer version of this event";
    } else {
      OMNICRM_ASSIGN(item.payload, calendar_of(text, *found.event));
      item.size = static_cast<std::int64_t>(item.payload.size());
    }
    return true;
  }

 private:
  Result<std::string> calendar_of(std::string_view event_text, const CalendarEvent& event) {
    std::string out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//OmniCRM//files//EN\r\n";
    if (!event.method.empty()) out.append("METHOD:").append(event.method).append("\r\n");
    const auto& heads = frame_.default_zones;
    const auto after = std::upper_bound(heads.begin(), heads.end(), event.position,
                                        [](std::uint64_t at, const auto& head) { return at < head.first; });
    if (after != heads.begin() && !std::prev(after)->second.empty())
      append_lines(out, std::prev(after)->second);
    const std::string lines = unfolded(event_text);
    for (ZonePlace& zone : frame_.zones) {
      if (!mentions(lines, zone.tzid)) continue;
      if (zone.text.empty()) {
        OMNICRM_ASSIGN(zone.text, file_.read(zone.begin, zone.end));
      }
      append_lines(out, zone.text);
    }
    append_lines(out, event_text);
    out += "END:VCALENDAR\r\n";
    return out;
  }

  CalendarReader reader_;
  FileBytes file_;
  Frame frame_;
  Versions versions_;
  std::string path_;
  std::uint64_t cap_;
};

}  // namespace

ReaderResult calendar_items(const PlanFile& scope, std::string_view position, const SyncSource& source) {
  OMNICRM_ASSIGN(const std::uint64_t offset, parse_position(position));
  OMNICRM_ASSIGN(FileBytes file, FileBytes::open(scope.path));
  OMNICRM_ASSIGN(Frame frame, find_frame(scope.path));
  const CalendarOptions options{.default_zone = source.default_zone};
  OMNICRM_ASSIGN(Versions versions, Versions::find(scope.path, options));
  OMNICRM_ASSIGN(CalendarReader reader, CalendarReader::open(scope.path, offset, options));
  return std::unique_ptr<sync::SourceReader>(std::make_unique<CalendarItems>(
      std::move(reader), std::move(file), std::move(frame), std::move(versions), scope.path,
      static_cast<std::uint64_t>(source.max_item_bytes)));
}

}  // namespace omnicrm::files
