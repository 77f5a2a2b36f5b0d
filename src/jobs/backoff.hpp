// How long a failed job waits before its next start.
#pragma once

#include <chrono>
#include <cstdint>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/jobs/handler.hpp>

namespace omnicrm::jobs {

/// Exponential backoff with full jitter: uniform in [0, min(cap, base * 2^(attempt-1))] after the failure of
/// start number `attempt` (AWS Architecture Blog, "Exponential Backoff And Jitter").
[[nodiscard]] std::chrono::microseconds retry_delay(const KindOptions& options, std::int64_t attempt,
                                                    Random& random);

/// Uniform in [0, most].
[[nodiscard]] std::chrono::microseconds jitter(std::chrono::microseconds most, Random& random);

}  // namespace omnicrm::jobs
