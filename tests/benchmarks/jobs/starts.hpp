// From enqueue to start.
#pragma once

#include <vector>

#include "our_queue.hpp"

namespace omnicrm::benchmarks {

/// Milliseconds from the call of enqueue to the handler, one job at a time, of a runner with nothing else to
/// do. `by_another`: another CRM of the same database enqueues, as another process would.
[[nodiscard]] std::vector<double> start_delays_ms(Options options, bool by_another, int jobs);

}  // namespace omnicrm::benchmarks
