// Content lines: the "NAME;PARAMETER=value:value" grammar that iCalendar (RFC 5545 section 3.1) and vCard
// (RFC 6350 section 3.3) share, and the reader that collects the lines of one component.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>

#include "providers/files/text_source.hpp"

namespace omnicrm::files {

struct Parameter {
  std::string_view name;   ///< as written; empty for vCard 2.1's bare values ("TEL;HOME:...")
  std::string_view value;  ///< as written, with quotes
};

/// One content line, taken apart. Views into the line.
struct Property {
  std::string_view group;  ///< "item1" of "item1.EMAIL"
  std::string_view name;   ///< as written; compare without case
  std::vector<Parameter> parameters;
  std::string_view value;

  [[nodiscard]] bool is(std::string_view wanted) const noexcept;
  /// The first parameter of that name, without quotes and RFC 6868 codes; empty if there is none.
  [[nodiscard]] std::string parameter(std::string_view wanted) const;
  /// Every value of every parameter of that name, split at commas, unquoted.
  [[nodiscard]] std::vector<std::string> parameter_values(std::string_view wanted) const;
};

/// Takes an unfolded line apart; nothing if it has no name or no colon.
[[nodiscard]] std::optional<Property> parse_property(std::string_view line);

/// Undoes backslash escapes (`\n`, `\,`, `\;`, `\\`; RFC 5545 section 3.3.11).
[[nodiscard]] std::string unescape_text(std::string_view value);
/// Splits at `separator` where no backslash stands before it; the parts are still escaped.
[[nodiscard]] std::vector<std::string_view> split_escaped(std::string_view value, char separator);

/// A component with its lines unfolded.
struct Component {
  struct Line {
    std::size_t begin = 0;
    std::size_t length = 0;
    std::size_t full_length = 0;  ///< more than `length` for a blob of which only the start was kept
    bool blob = false;
  };
  std::string text;
  std::vector<Line> lines;  ///< without BEGIN and END of the component itself
  std::uint64_t position = 0;
  std::uint64_t next = 0;  ///< where reading goes on behind it

  [[nodiscard]] std::string_view line(std::size_t index) const {
    return std::string_view(text).substr(lines[index].begin, lines[index].length);
  }
};

struct ComponentLimits {
  std::size_t max_bytes = std::size_t{1} << 20;  ///< of one component, blobs not counted
  std::size_t max_lines = 20'000;
  std::size_t blob_bytes = 4096;  ///< kept of a line that holds an attachment or a photo
};

/// Finds the components of some names in a stream, one after another, in bounded memory. Components inside
/// of them (VALARM) are read over, unless their lines are wanted (VTIMEZONE).
class ComponentReader {
 public:
  /// Is shown each line outside of the wanted components, as it stands in the file.
  using Outside = std::function<void(std::string_view line, std::uint64_t position)>;

  /// `names`: which components to collect ("VEVENT"); upper case.
  ComponentReader(TextSource source, std::vector<std::string> names, ComponentLimits limits,
                  bool keep_nested = false);

  void on_outside(Outside outside) { outside_ = std::move(outside); }

  /// Reads to the next component; false at the end. Errors: of the file. A component that cannot be used
  /// (too large, without END) gives true with `problem` set, and reading goes on behind it.
  [[nodiscard]] Result<bool> next(Component& component, std::string& problem);

  [[nodiscard]] const std::string& name() const noexcept { return lines_.name(); }
  /// Where the next line is read from.
  [[nodiscard]] std::uint64_t position() const noexcept {
    return again_ ? again_position_ : lines_.position();
  }

 private:
  /// What is known while one component is collected.
  struct Progress {
    std::string name;
    int nested = 0;           // depth of other components inside
    int agents = 0;           // depth of cards inside a card (vCard 2.1 AGENT)
    bool soft_break = false;  // the last line ended with a quoted-printable "="
    bool skipping = false;    // continuation lines belong to something that is not kept
    bool too_large = false;
  };
  enum class Step { more, done, broken };

  [[nodiscard]] std::string wanted(std::string_view line) const;
  [[nodiscard]] Step take(const TextLine& line, Component& component, Progress& progress,
                          std::string& problem);
  [[nodiscard]] Step begin_inside(const TextLine& line, std::string_view name, Component& component,
                                  Progress& progress, std::string& problem);
  void keep(const TextLine& line, std::string_view text, bool continued, Component& component,
            Progress& progress);

  LineReader lines_;
  std::vector<std::string> names_;
  ComponentLimits limits_;
  bool keep_nested_;
  Outside outside_;
  bool again_ = false;  // the line that ended an unterminated component begins the next one
  std::string again_name_;
  std::uint64_t again_position_ = 0;
};

}  // namespace omnicrm::files
