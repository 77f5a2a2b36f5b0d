// A job while its handler runs.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/jobs/handler.hpp>
#include <omnicrm/jobs/runner.hpp>

#include "core/id_generator.hpp"
#include "jobs/ending.hpp"
#include "jobs/job_row.hpp"
#include "jobs/kinds.hpp"
#include "jobs/wakeup.hpp"

namespace omnicrm::jobs {

/// Why a running handler was asked to stop; the first reason stays.
enum class StopReason { none, cancel, timeout, shutdown, lost };

/// What a handler sees, and what its runner does to it. Lives on the stack of the handler's thread; the
/// runner's other threads may call `ask_stop`, `take_progress` and `deadline`.
class Held final : public Context {
 public:
  /// `wakeup` hears of jobs that the handler enqueues; null: polling finds them. `options` hears of progress.
  Held(JobRow row, const KindEntry& kind, Clock& clock, IdGenerator& ids, Wakeup* wakeup = nullptr,
       const RunnerOptions* options = nullptr);

  [[nodiscard]] const Job& job() const noexcept override { return row_.job; }
  [[nodiscard]] UserId user() const noexcept override { return row_.user; }
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept override { return deadline_; }
  [[nodiscard]] std::stop_token stop() const noexcept override { return stop_.get_token(); }
  void progress(std::int64_t done, std::int64_t total, std::string_view note) override;
  Result<void> complete_in(storage::Connection& transaction, Json result) override;
  Result<std::vector<JobId>> enqueue(storage::Connection& transaction,
                                     const std::vector<NewJob>& jobs) override;

  [[nodiscard]] const JobRow& row() const noexcept { return row_; }
  [[nodiscard]] JobRow take_row() noexcept { return std::move(row_); }
  void ask_stop(StopReason reason);
  /// What was said since the last call, if anything, and not within half a second of it (unless `last`).
  [[nodiscard]] std::optional<Progress> take_progress(bool last);

  /// Runs the handler and says how the job ended; the caller adds the row. Never throws.
  [[nodiscard]] Ending run(Random& random);

 private:
  void tell(std::int64_t done, std::int64_t total, std::string_view note) const noexcept;
  Ending settle(Result<Outcome> result, Random& random);
  Ending failed(Error error, Random& random);

  JobRow row_;
  const KindEntry& kind_;
  Clock& clock_;
  IdGenerator& ids_;
  std::chrono::steady_clock::time_point deadline_;
  std::stop_source stop_;
  std::atomic<StopReason> reason_{StopReason::none};
  std::atomic<bool> marked_done_{false};

  std::mutex mutex_;  // guards what follows
  std::optional<Progress> progress_;
  std::optional<std::chrono::steady_clock::time_point> progress_taken_;

  Wakeup* wakeup_;
  const RunnerOptions* options_;
};

}  // namespace omnicrm::jobs
