// Instruments that do nothing: of no_metrics(), and of requests that cannot be met.
#pragma once

#include <memory>

#include <omnicrm/observe/metrics.hpp>

namespace omnicrm::observe {

[[nodiscard]] inline std::shared_ptr<Counter> dropping_counter() {
  struct Drop final : Counter {
    void add(double) noexcept override {}
  };
  return std::make_shared<Drop>();
}

[[nodiscard]] inline std::shared_ptr<Gauge> dropping_gauge() {
  struct Drop final : Gauge {
    void set(double) noexcept override {}
  };
  return std::make_shared<Drop>();
}

[[nodiscard]] inline std::shared_ptr<Histogram> dropping_histogram() {
  struct Drop final : Histogram {
    void observe(double) noexcept override {}
  };
  return std::make_shared<Drop>();
}

}  // namespace omnicrm::observe
