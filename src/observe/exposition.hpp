// Lines of Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <omnicrm/observe/metrics.hpp>

#include "observe/instruments.hpp"

namespace omnicrm::observe {

/// `kind="import",state="idle"`, without braces; empty without labels. Values are made UTF-8.
[[nodiscard]] std::string labels_text(std::span<const Label> labels);

/// `# HELP` (left out when empty) and `# TYPE`.
void append_head(std::string& out, std::string_view name, std::string_view help, std::string_view type);
void append_sample(std::string& out, std::string_view name, std::string_view labels, double value);
/// Its buckets, each with all that is below it; the sum; the count, which is always the last bucket's.
void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const KeptHistogram& histogram);

}  // namespace omnicrm::observe
