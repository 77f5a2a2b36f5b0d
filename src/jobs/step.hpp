// Running jobs on the caller's thread.
#pragma once

#include <cstddef>
#include <stop_token>

#include "jobs/kinds.hpp"
#include "jobs/runner.hpp"

namespace omnicrm::jobs {

/// See `Runner::step`. Each call is a worker of its own for as long as it runs, so calls on several threads
/// do not meet. There is no other thread to beat its heart, so before each job its heartbeat is set ahead by
/// the kind's timeout; nobody asks its handlers to stop at the deadline (they can ask `Context::deadline`),
/// and progress is written when the job ends.
[[nodiscard]] Result<RunSummary> run_step(const RunnerParts& parts, const RunnerOptions& options,
                                          const Kinds& kinds, std::size_t limit, std::stop_token stop);

}  // namespace omnicrm::jobs
