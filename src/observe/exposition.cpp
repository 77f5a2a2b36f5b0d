#include "observe/exposition.hpp"

#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "core/text.hpp"

namespace omnicrm::observe {
namespace {

void append_escaped(std::string& out, std::string_view text, bool with_quotes) {
  for (const char c : text::to_utf8(text)) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (with_quotes && c == '"')) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

/// As Go's ParseFloat reads it, the shortest that is the same number.
void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::abs(value) < 1e15 && value == std::trunc(value)) {
    fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(value));
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace

std::string labels_text(std::span<const Label> labels) {
  std::string out;
  for (const Label& label : labels) {
    if (!out.empty()) out += ',';
    out.append(label.name).append("=\"");
    append_escaped(out, label.value, true);
    out += '"';
  }
  return out;
}

void append_head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  if (!help.empty()) {
    out.append("# HELP ").append(name).append(" ");
    append_escaped(out, help, false);
    out += '\n';
  }
  out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out += name;
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out += ' ';
  append_number(out, value);
  out += '\n';
}

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const KeptHistogram& histogram) {
  const std::string bucket = std::string(name) + "_bucket";
  const std::string before = labels.empty() ? std::string() : std::string(labels) + ',';
  // Others count meanwhile: an observation under way may be in the sum and not yet in its bucket, or the
  // other way.
  const double sum = histogram.sum();
  const std::size_t ends = histogram.bounds().size();
  std::uint64_t so_far = 0;
  for (std::size_t at = 0; at <= ends; ++at) {
    so_far += histogram.count(at);
    std::string with_bound = before + "le=\"";
    append_number(with_bound, at < ends ? histogram.bounds()[at] : std::numeric_limits<double>::infinity());
    append_sample(out, bucket, with_bound + '"', static_cast<double>(so_far));
  }
  append_sample(out, std::string(name) + "_sum", labels, sum);
  append_sample(out, std::string(name) + "_count", labels, static_cast<double>(so_far));
}

}  // namespace omnicrm::observe
