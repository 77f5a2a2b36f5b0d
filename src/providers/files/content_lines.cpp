#include "providers/files/content_lines.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace omnicrm::files {
namespace {

using text::equals_ignoring_case;
using text::starts_with_ignoring_case;

/// The name behind "BEGIN:" or "END:", or nothing.
std::string_view marker(std::string_view line, std::string_view word) noexcept {
  if (line.size() <= word.size() || (line[0] | 0x20) != (word[0] | 0x20)) return {};
  if (!starts_with_ignoring_case(line, word)) return {};
  return text::trim(line.substr(word.size()));
}

bool contains_ignoring_case(std::string_view text, std::string_view what) noexcept {
  return std::search(text.begin(), text.end(), what.begin(), what.end(), [](char a, char b) {
           const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
           return upper(a) == upper(b);
         }) != text.end();
}

bool is_blob(std::string_view line) noexcept {
  const std::string_view head = line.substr(0, line.find(':'));
  const std::string_view name =
      head.substr(head.find('.') == std::string_view::npos ? 0 : head.find('.') + 1);
  for (const std::string_view blob : {"PHOTO", "LOGO", "SOUND", "KEY", "ATTACH"}) {
    if (starts_with_ignoring_case(name, blob) && (name.size() == blob.size() || name[blob.size()] == ';'))
      return true;
  }
  return contains_ignoring_case(head, "ENCODING=B") || contains_ignoring_case(head, ";BASE64");
}

bool ends_softly(std::string_view line) noexcept {
  return !line.empty() && line.back() == '=' &&
         contains_ignoring_case(line.substr(0, line.find(':')), "QUOTED-PRINTABLE");
}

std::string unquote(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"') continue;
    const char after = i + 1 < value.size() ? value[i + 1] : '\0';
    if (value[i] == '^' && (after == 'n' || after == '^' || after == '\'')) {  // RFC 6868 section 3.1
      out += after == 'n' ? '\n' : after == '^' ? '^' : '"';
      ++i;
    } else {
      out += value[i];
    }
  }
  return out;
}

}  // namespace

bool Property::is(std::string_view wanted) const noexcept {
  return equals_ignoring_case(name, wanted);
}

std::string Property::parameter(std::string_view wanted) const {
  for (const Parameter& parameter : parameters) {
    if (equals_ignoring_case(parameter.name, wanted)) return unquote(parameter.value);
  }
  return {};
}

std::vector<std::string> Property::parameter_values(std::string_view wanted) const {
  std::vector<std::string> values;
  for (const Parameter& parameter : parameters) {
    if (!equals_ignoring_case(parameter.name, wanted)) continue;
    // Apple quotes the whole list (TYPE="home,pref"), so quotes do not protect a comma here.
    for (const std::string_view part : text::split(parameter.value, ',')) values.push_back(unquote(part));
  }
  return values;
}

std::optional<Property> parse_property(std::string_view line) {
  Property property;
  std::size_t start = 0;
  bool quoted = false;
  bool have_name = false;
  const auto piece = [&](std::size_t end) {
    const std::string_view part = line.substr(start, end - start);
    if (!have_name) {
      const std::size_t dot = part.find('.');
      if (dot != std::string_view::npos) property.group = part.substr(0, dot);
      property.name = text::trim(dot == std::string_view::npos ? part : part.substr(dot + 1));
      have_name = true;
    } else if (!part.empty() && property.parameters.size() < 64) {
      const std::size_t equals = part.find('=');
      if (equals == std::string_view::npos) {
        property.parameters.push_back({{}, text::trim(part)});
      } else {
        property.parameters.push_back(
            {text::trim(part.substr(0, equals)), text::trim(part.substr(equals + 1))});
      }
    }
    start = end + 1;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && have_name) {
      quoted = !quoted;
    } else if (!quoted && c == ';') {
      piece(i);
    } else if (!quoted && c == ':') {
      piece(i);
      property.value = line.substr(i + 1);
      if (property.name.empty()) return std::nullopt;
      return property;
    }
  }
  if (!quoted) return std::nullopt;
  // A quote that never ends hides the colon: take the first one instead.
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  property = Property{};
  property.name = text::trim(line.substr(0, std::min(colon, line.find(';'))));
  property.value = line.substr(colon + 1);
  if (property.name.empty()) return std::nullopt;
  return property;
}

std::string unescape_text(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      out += value[i];
      continue;
    }
    const char next = value[++i];
    if (next == 'n' || next == 'N') {
      out += '\n';
    } else if (next == '\\' || next == ',' || next == ';' || next == ':' || next == '"') {
      out += next;
    } else {
      out += '\\';
      out += next;
    }
  }
  return out;
}

std::vector<std::string_view> split_escaped(std::string_view value, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\') {
      ++i;
    } else if (value[i] == separator) {
      parts.push_back(value.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(value.substr(start));
  return parts;
}

ComponentReader::ComponentReader(TextSource source, std::vector<std::string> names, ComponentLimits limits,
                                 bool keep_nested)
    : lines_(std::move(source)), names_(std::move(names)), limits_(limits), keep_nested_(keep_nested) {}

std::string ComponentReader::wanted(std::string_view line) const {
  const std::string_view name = marker(line, "BEGIN:");
  for (const std::string& one : names_) {
    if (equals_ignoring_case(name, one)) return one;
  }
  return {};
}

Result<bool> ComponentReader::next(Component& component, std::string& problem) {
  component = Component{};
  problem.clear();
  Progress progress;
  TextLine line;
  if (again_) {
    again_ = false;
    progress.name = again_name_;
    component.position = again_position_;
  }
  while (progress.name.empty()) {
    OMNICRM_ASSIGN(const bool more, lines_.next(line, limits_.max_bytes));
    if (!more) return false;
    progress.name = wanted(line.text);
    component.position = line.position;
    if (progress.name.empty() && outside_) outside_(line.text, line.position);
  }
  Step step = Step::more;
  while (step == Step::more) {
    OMNICRM_ASSIGN(const bool more, lines_.next(line, limits_.max_bytes));
    if (!more) {
      problem = "no END:" + progress.name + " before the end of the file";
      break;
    }
    step = take(line, component, progress, problem);
  }
  if (problem.empty() && progress.too_large) {
    problem = progress.name + " is larger than " + std::to_string(limits_.max_bytes) + " bytes or " +
              std::to_string(limits_.max_lines) + " lines";
  }
  component.next = position();
  return true;
}

ComponentReader::Step ComponentReader::take(const TextLine& line, Component& component, Progress& progress,
                                            std::string& problem) {
  std::string_view text = line.text;
  if (progress.soft_break) {  // vCard 2.1: the value goes on, whatever the line looks like
    progress.soft_break = !text.empty() && text.back() == '=';
    if (progress.soft_break) text.remove_suffix(1);
    keep(line, text, true, component, progress);
    return Step::more;
  }
  if (!text.empty() && (text[0] == ' ' || text[0] == '\t')) {
    keep(line, text.substr(1), true, component, progress);
    return Step::more;
  }
  if (const std::string_view name = marker(text, "BEGIN:"); !name.empty()) {
    return begin_inside(line, name, component, progress, problem);
  }
  if (const std::string_view name = marker(text, "END:"); !name.empty()) {
    if (equals_ignoring_case(name, progress.name)) return progress.agents-- > 0 ? Step::more : Step::done;
    if (equals_ignoring_case(name, "VCALENDAR")) {
      problem = "no END:" + progress.name + " before END:VCALENDAR";
      return Step::broken;
    }
    progress.nested = std::max(0, progress.nested - 1);
    if (!keep_nested_) return Step::more;
  }
  if (text::trim(text).empty()) {
    progress.skipping = false;
    return Step::more;
  }
  const bool inside_other = (progress.nested > 0 && !keep_nested_) || progress.agents > 0;
  progress.skipping = inside_other;
  if (inside_other) return Step::more;
  progress.soft_break = ends_softly(text);
  if (progress.soft_break) text.remove_suffix(1);
  const bool stray =
      text.find(':') == std::string_view::npos && !component.lines.empty() && component.lines.back().blob;
  keep(line, text, stray, component, progress);
  return Step::more;
}

ComponentReader::Step ComponentReader::begin_inside(const TextLine& line, std::string_view name,
                                                    Component& component, Progress& progress,
                                                    std::string& problem) {
  const bool same = !wanted(line.text).empty();
  const bool agent = !component.lines.empty() &&
                     starts_with_ignoring_case(component.line(component.lines.size() - 1), "AGENT");
  if (same && (agent || progress.agents > 0) && progress.agents < 8) {
    ++progress.agents;
    return Step::more;
  }
  if (same || equals_ignoring_case(name, "VCALENDAR")) {
    problem = "no END:" + progress.name + " before the next BEGIN:" + std::string(name.substr(0, 40));
    again_ = same;
    again_name_ = wanted(line.text);
    again_position_ = line.position;
    return Step::broken;
  }
  ++progress.nested;
  if (keep_nested_) keep(line, line.text, false, component, progress);
  return Step::more;
}

void ComponentReader::keep(const TextLine& line, std::string_view text, bool continued, Component& component,
                           Progress& progress) {
  if (progress.skipping && continued) return;
  if (component.text.size() + text.size() > limits_.max_bytes ||
      component.lines.size() >= limits_.max_lines) {
    const bool blob = continued ? !component.lines.empty() && component.lines.back().blob : is_blob(text);
    if (!blob) progress.too_large = true;
  }
  if (progress.too_large) {
    component.text.clear();
    component.lines.clear();
    return;
  }
  const std::size_t full =
      line.cut ? static_cast<std::size_t>(lines_.position() - line.position) : text.size();
  if (!continued || component.lines.empty()) {
    const bool blob = is_blob(text);
    if (blob) text = text.substr(0, limits_.blob_bytes);
    component.lines.push_back({component.text.size(), text.size(), full, blob});
    component.text.append(text);
    return;
  }
  Component::Line& last = component.lines.back();
  last.full_length += full;
  if (last.blob) text = text.substr(0, limits_.blob_bytes - std::min(limits_.blob_bytes, last.length));
  last.length += text.size();
  component.text.append(text);
}

}  // namespace omnicrm::files
