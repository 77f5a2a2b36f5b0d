// A worker's conversation with the storage: one transaction a round.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "jobs/runner.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs {

/// One worker's row and what is written in its name. One thread at a time, but for `beat`.
class Rounds {
 public:
  Rounds(const RunnerParts& parts, const RunnerOptions& options);

  /// Registers the worker at the first call and after it was declared dead.
  Result<RoundResult> write(const RoundOrder& order);
  /// Of jobs of these kinds (a JSON array).
  Result<Glance> look(const std::string& kinds);
  /// Jobs this worker holds and somebody wants cancelled.
  Result<std::vector<JobId>> cancels();
  /// Only the heartbeat, if the last one is older than `age`; from any thread, also while `write` waits.
  /// Whether it was written.
  Result<bool> beat(std::chrono::milliseconds age);
  [[nodiscard]] WorkerId worker() const;
  /// Takes the worker's row away.
  Result<void> retire();

 private:
  [[nodiscard]] bool may_judge_by_age(Timestamp now) const;
  [[nodiscard]] RoundCall call(Timestamp now) const;
  [[nodiscard]] JobStore& store() const;

  const RunnerParts& parts_;
  const RunnerOptions& options_;
  std::optional<Timestamp> last_round_;

  mutable std::mutex mutex_;  // guards what follows; not held while the storage is asked
  Worker worker_;
  bool registered_ = false;
  std::optional<Timestamp> last_beat_;
};

}  // namespace omnicrm::jobs
