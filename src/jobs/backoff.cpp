#include "jobs/backoff.hpp"

#include <algorithm>

namespace omnicrm::jobs {

std::chrono::microseconds retry_delay(const KindOptions& options, std::int64_t attempt, Random& random) {
  const std::chrono::microseconds cap = options.backoff_cap;
  std::chrono::microseconds ceiling = options.backoff_base;
  for (std::int64_t start = 1; start < attempt && ceiling < cap; ++start) ceiling *= 2;
  return jitter(std::min(ceiling, cap), random);
}

std::chrono::microseconds jitter(std::chrono::microseconds most, Random& random) {
  if (most <= std::chrono::microseconds::zero()) return std::chrono::microseconds::zero();
  // The bias of the remainder is below 2^-30 for waits under an hour.
  const auto range = static_cast<std::uint64_t>(most.count()) + 1;
  return std::chrono::microseconds(static_cast<std::int64_t>(random.next() % range));
}

}  // namespace omnicrm::jobs
