// Metrics kept in this process and told in Prometheus' text format 0.0.4:
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <omnicrm/observe/metrics.hpp>

#include "observe/drop.hpp"
#include "observe/exposition.hpp"
#include "observe/instruments.hpp"

namespace omnicrm::observe {
namespace {

constexpr std::size_t most_series = 1'000;  // of one name

using Kept =
    std::variant<std::shared_ptr<KeptCounter>, std::shared_ptr<KeptGauge>, std::shared_ptr<KeptHistogram>>;

bool is_name(std::string_view name, bool with_colons) noexcept {
  const auto is_start = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (with_colons && c == ':');
  };
  return !name.empty() && is_start(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_start(c) || (c >= '0' && c <= '9'); });
}

/// Two underscores are Prometheus' own; `le` is the histogram's bound.
bool are_labels(const std::vector<Label>& sorted) noexcept {
  const bool distinct = std::ranges::adjacent_find(sorted, {}, &Label::name) == sorted.end();
  return distinct && std::ranges::all_of(sorted, [](const Label& label) {
           return is_name(label.name, false) && !label.name.starts_with("__") && label.name != "le";
         });
}

struct Family {
  std::string help;
  std::size_t kind = 0;                // of Kept
  std::map<std::string, Kept> series;  // by their labels as text
};

struct Sample {
  std::string labels;
  Kept kept;
};
struct FamilyNow {
  std::string name;
  std::string help;
  std::size_t kind = 0;
  std::vector<Sample> samples;
};

void append(std::string& out, const std::string& name, const Sample& sample) {
  if (const auto* counter = std::get_if<std::shared_ptr<KeptCounter>>(&sample.kept)) {
    append_sample(out, name, sample.labels, (*counter)->value());
  } else if (const auto* gauge = std::get_if<std::shared_ptr<KeptGauge>>(&sample.kept)) {
    append_sample(out, name, sample.labels, (*gauge)->value());
  } else {
    append_histogram(out, name, sample.labels, *std::get<std::shared_ptr<KeptHistogram>>(sample.kept));
  }
}

class PrometheusMetrics final : public Metrics {
 public:
  std::shared_ptr<Counter> counter(const Instrument& what, std::span<const Label> labels) override {
    return kept<Counter, KeptCounter>(what, labels, dropping_counter,
                                      [] { return std::make_shared<KeptCounter>(); });
  }
  std::shared_ptr<Gauge> gauge(const Instrument& what, std::span<const Label> labels) override {
    return kept<Gauge, KeptGauge>(what, labels, dropping_gauge, [] { return std::make_shared<KeptGauge>(); });
  }
  std::shared_ptr<Histogram> histogram(const Instrument& what, std::span<const Label> labels,
                                       std::span<const double> bounds) override {
    return kept<Histogram, KeptHistogram>(what, labels, dropping_histogram,
                                          [&] { return std::make_shared<KeptHistogram>(bounds); });
  }

  [[nodiscard]] std::string text() const override {
    constexpr std::array<std::string_view, 3> types = {"counter", "gauge", "histogram"};
    std::string out;
    for (const FamilyNow& family : families_now()) {
      append_head(out, family.name, family.help, types[family.kind]);
      for (const Sample& sample : family.samples) append(out, family.name, sample);
    }
    return out;
  }

 private:
  template <class Asked, class Made, class Drop, class Make>
  std::shared_ptr<Asked> kept(const Instrument& what, std::span<const Label> labels, Drop drop, Make make) {
    std::vector<Label> sorted(labels.begin(), labels.end());
    std::ranges::sort(sorted, {}, &Label::name);
    if (!is_name(what.name, true) || !are_labels(sorted)) return drop();
    const std::scoped_lock lock(mutex_);
    Family* const family = family_locked(what, Kept(std::shared_ptr<Made>()).index());
    if (family == nullptr) return drop();
    std::string key = labels_text(sorted);
    if (!family->series.contains(key) && family->series.size() >= most_series) {
      for (Label& label : sorted) label.value = "other";
      key = labels_text(sorted);
    }
    const auto found = family->series.find(key);
    if (found != family->series.end()) return std::get<std::shared_ptr<Made>>(found->second);
    std::shared_ptr<Made> made = make();
    family->series.emplace(std::move(key), made);
    return made;
  }

  /// Null: the name is taken by something else. A histogram takes the names of its three series.
  Family* family_locked(const Instrument& what, std::size_t kind) {
    std::string name(what.name);
    if (const auto found = families_.find(name); found != families_.end())
      return found->second.kind == kind ? &found->second : nullptr;
    std::vector<std::string> takes = {name};
    if (kind == Kept(std::shared_ptr<KeptHistogram>()).index()) {
      for (const char* suffix : {"_bucket", "_count", "_sum"}) takes.push_back(name + suffix);
    }
    if (std::ranges::any_of(takes, [&](const std::string& taken) { return taken_.contains(taken); })) {
      return nullptr;
    }
    taken_.insert(takes.begin(), takes.end());
    return &families_.emplace(std::move(name), Family{std::string(what.help), kind, {}}).first->second;
  }

  /// The instruments as they are now, so that reading and writing them out holds up nobody who makes one.
  std::vector<FamilyNow> families_now() const {
    const std::scoped_lock lock(mutex_);
    std::vector<FamilyNow> all;
    all.reserve(families_.size());
    for (const auto& [name, family] : families_) {
      FamilyNow& now = all.emplace_back(FamilyNow{name, family.help, family.kind, {}});
      now.samples.reserve(family.series.size());
      for (const auto& [labels, kept] : family.series) now.samples.push_back({labels, kept});
    }
    return all;
  }

  mutable std::mutex mutex_;  // guards what follows, not the instruments
  std::map<std::string, Family> families_;
  std::set<std::string> taken_;
};

}  // namespace

std::shared_ptr<Metrics> prometheus_metrics() {
  return std::make_shared<PrometheusMetrics>();
}

}  // namespace omnicrm::observe
