#include <omnicrm/observe/metrics.hpp>

#include "observe/drop.hpp"

namespace omnicrm::observe {
namespace {

class NoMetrics final : public Metrics {
 public:
  std::shared_ptr<Counter> counter(const Instrument&, std::span<const Label>) override {
    return dropping_counter();
  }
  std::shared_ptr<Gauge> gauge(const Instrument&, std::span<const Label>) override {
    return dropping_gauge();
  }
  std::shared_ptr<Histogram> histogram(const Instrument&, std::span<const Label>,
                                       std::span<const double>) override {
    return dropping_histogram();
  }
  [[nodiscard]] bool is_on() const noexcept override { return false; }
};

}  // namespace

std::shared_ptr<Metrics> no_metrics() {
  return std::make_shared<NoMetrics>();
}

}  // namespace omnicrm::observe
