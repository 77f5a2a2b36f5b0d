// How the wiring makes a runner.
#pragma once

#include <memory>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/jobs/runner.hpp>
#include <omnicrm/observe/logger.hpp>
#include <omnicrm/observe/metrics.hpp>
#include <omnicrm/observe/trace.hpp>
#include <omnicrm/storage/storage.hpp>

#include "core/id_generator.hpp"
#include "jobs/wakeup.hpp"

namespace omnicrm::jobs {

/// What a runner works with.
struct RunnerParts {
  std::shared_ptr<storage::Storage> storage;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<IdGenerator> ids;
  std::shared_ptr<Random> random;
  std::shared_ptr<observe::Logger> logger;
  std::shared_ptr<Wakeup> wakeup;
  /// Never null from the wiring; a test may leave it out.
  std::shared_ptr<observe::Metrics> metrics = {};
  /// Null: no spans.
  std::shared_ptr<observe::Tracer> tracer = {};
};

/// Options out of range are brought into it: at least one thread and one job a claim, a heartbeat of at most
/// a third of the lease.
[[nodiscard]] std::unique_ptr<Runner> make_runner(RunnerParts parts, const RunnerOptions& options);

}  // namespace omnicrm::jobs
