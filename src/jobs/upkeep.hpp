// What somebody has to do for the queue now and then: schedules, due jobs, retention, gauges.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include <omnicrm/jobs/runner.hpp>

#include "jobs/kinds.hpp"
#include "jobs/runner.hpp"
#include "jobs/schedule_tick.hpp"
#include "jobs/store.hpp"
#include "observe/job_metrics.hpp"

namespace omnicrm::jobs {

/// One worker's share of it, on a thread of its own, so that neither claims nor heartbeats wait for it.
/// Schedules have a leader of their own (`tick`); of the rest one worker of all is the leader, by a lease in
/// `leaders`. What fails is logged and done again later. One thread at a time.
class Upkeep {
 public:
  /// The parts, options and kinds must outlive it; `metrics` may be null.
  Upkeep(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds, WorkerId worker,
         observe::JobMetrics* metrics);
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  /// Begins to work, if the options want it. Errors: `resource_exhausted` (no thread).
  Result<void> start();
  /// Only fires what schedules have due, once: for a run that ends by itself.
  Result<void> once();
  /// Ends the thread and gives the leases back.
  Result<void> stop();

 private:
  using Time = std::chrono::steady_clock::time_point;

  void run(const std::stop_token& stop);
  void turn(const std::stop_token& stop);
  [[nodiscard]] bool lead();
  Result<void> promote();
  Result<void> retain(const std::stop_token& stop);
  Result<void> snapshot();
  [[nodiscard]] TickParts tick_parts() const;
  [[nodiscard]] std::vector<Retention> retentions() const;
  [[nodiscard]] JobStore& store() const;
  void note(std::string_view what, const Result<void>& result) const;

  const RunnerParts& parts_;
  const RunnerOptions& options_;
  const Kinds& kinds_;
  const WorkerId worker_;
  observe::JobMetrics* const metrics_;
  bool ticked_ = false;
  bool leads_ = false;
  std::optional<Timestamp> next_fire_;
  Time next_tick_{};
  Time next_lead_{};
  Time next_retention_{};
  Time next_snapshot_{};
  std::jthread thread_;
};

}  // namespace omnicrm::jobs
