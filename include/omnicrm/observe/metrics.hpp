// Figures about the library at work: counters, gauges, histograms.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace omnicrm::observe {

/// A label and its value. Values come from small sets (kinds, states), never from users or ids: each one is a
/// time series of its own. @since 0.1
struct Label {
  std::string_view name;
  std::string_view value;
};

/// What an instrument is called. Borrowed during the call that makes it. @since 0.1
struct Instrument {
  /// By Prometheus' conventions: `omnicrm_<what>_<unit>`, counters end in `_total`.
  /// https://prometheus.io/docs/practices/naming/
  std::string_view name;
  /// One sentence for who reads it.
  std::string_view help = {};
  /// Base unit ("seconds", "bytes"), or empty. The name ends in it.
  std::string_view unit = {};
};

/// Only grows: an amount that is negative or no number is dropped. Thread-safe; `add` neither blocks nor
/// allocates.
/// @since 0.1
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) noexcept = 0;
};

/// Goes up and down. Thread-safe; `set` neither blocks nor allocates. @since 0.1
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) noexcept = 0;
};

/// How often which values came. Thread-safe; `observe` neither blocks nor allocates. @since 0.1
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) noexcept = 0;
};

/// Makes instruments. Each is made once and kept; using it costs no look-up. Asking again for the same name
/// and labels gives the same instrument. A host that has a metrics library of its own implements this over
/// it. Thread-safe. Making an instrument may allocate and throw `std::bad_alloc`; what else goes wrong (a
/// name that was another kind of instrument before, or is no Prometheus name) gives an instrument that drops
/// what it hears, never null. @since 0.1
class Metrics {
 public:
  virtual ~Metrics() = default;
  [[nodiscard]] virtual std::shared_ptr<Counter> counter(const Instrument& what,
                                                         std::span<const Label> labels) = 0;
  [[nodiscard]] virtual std::shared_ptr<Gauge> gauge(const Instrument& what,
                                                     std::span<const Label> labels) = 0;
  /// `bounds` are the buckets' inclusive upper ends, rising; the one without an end is added.
  [[nodiscard]] virtual std::shared_ptr<Histogram> histogram(const Instrument& what,
                                                             std::span<const Label> labels,
                                                             std::span<const double> bounds) = 0;
  /// False: nothing is kept, so that whoever asks may leave out the work of measuring (reading clocks).
  [[nodiscard]] virtual bool is_on() const noexcept { return true; }
  /// What a scraper reads; empty where the implementation hands its figures on by itself.
  [[nodiscard]] virtual std::string text() const { return {}; }
};

/// Keeps nothing: the default. Its instruments do nothing. @since 0.1
[[nodiscard]] std::shared_ptr<Metrics> no_metrics();

/// Keeps everything in this process and tells it by `text` in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/): answer a GET of `/metrics` with it and
/// `Content-Type: text/plain; version=0.0.4; charset=utf-8`. `text` blocks nobody who counts. A name has at
/// most 1,000 combinations of labels; those beyond are one, with the value "other" for every label. @since
/// 0.1
[[nodiscard]] std::shared_ptr<Metrics> prometheus_metrics();

}  // namespace omnicrm::observe
