// A worker's conversation with the storage: one transaction a round.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jobs/claim.hpp"
#include "jobs/ending.hpp"
#include "jobs/lease.hpp"
#include "jobs/runner.hpp"

namespace omnicrm::jobs {

/// What a round should write.
struct RoundOrder {
  std::span<const Ending> endings;
  std::vector<std::pair<JobRow, Progress>> progress;
  std::vector<KindShare> shares;  ///< empty: claim nothing
  std::size_t restarts = 0;
  bool recover = false;  ///< look for dead workers
  /// Added to the heartbeat: for a worker that cannot beat while its handler runs.
  std::chrono::milliseconds ahead{0};
};

struct RoundResult {
  RunSummary summary;
  Claim claim;
  bool lost =
      false;  ///< others declared this worker dead: what it held before this round is not its own any more
  std::int64_t recovered = 0;
};

/// What there is for a worker that holds nothing.
struct Glance {
  bool ready = false;
  bool running = false;               ///< by others
  std::optional<Timestamp> next_due;  ///< of the scheduled ones
  bool dead = false;                  ///< a worker is to be recovered
};

/// One worker's row and what is written in its name. One thread at a time.
class Rounds {
 public:
  Rounds(const RunnerParts& parts, const RunnerOptions& options);

  /// Registers the worker at the first call and after it was declared dead.
  Result<RoundResult> write(const RoundOrder& order);
  /// Of jobs of these kinds (a JSON array).
  Result<Glance> look(const std::string& kinds);
  /// Jobs this worker holds and somebody wants cancelled.
  Result<std::vector<JobId>> cancels();
  /// Takes the worker's row away.
  Result<void> retire();

 private:
  bool may_judge_by_age(Timestamp now) const;

  const RunnerParts& parts_;
  const RunnerOptions& options_;
  Worker worker_;
  bool registered_ = false;
  std::optional<Timestamp> last_beat_;
};

}  // namespace omnicrm::jobs
