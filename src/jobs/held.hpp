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

#include "jobs/ending.hpp"
#include "jobs/job_row.hpp"
#include "jobs/kinds.hpp"
#include "jobs/runner.hpp"

namespace omnicrm::jobs {

/// Why a running handler was asked to stop; the first reason stays.
enum class StopReason { none, cancel, timeout, shutdown, lost };

/// What a handler sees, and what its runner does to it. Lives on the stack of the handler's thread; the
/// runner's other threads may call `ask_stop`, `take_progress` and `deadline`.
class Held final : public Context {
 public:
  /// `parts`, `kind` and `options` must outlive it. `options` hears of progress; null: nobody does. The start
  /// is now, unless somebody has just read the clock.
  Held(JobRow row, const KindEntry& kind, const RunnerParts& parts, const RunnerOptions* options = nullptr);
  Held(JobRow row, const KindEntry& kind, const RunnerParts& parts, const RunnerOptions* options,
       std::chrono::steady_clock::time_point start);
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  [[nodiscard]] const Job& job() const noexcept override { return row_.job; }
  [[nodiscard]] UserId user() const noexcept override { return row_.user; }
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept override { return deadline_; }
  [[nodiscard]] std::stop_token stop() const noexcept override;
  void progress(std::int64_t done, std::int64_t total, std::string_view note) override;
  void log(observe::Level level, std::string_view message) override;
  Result<void> complete_in(storage::Connection& transaction, Json result) override;
  Result<std::vector<JobId>> enqueue(storage::Connection& transaction,
                                     const std::vector<NewJob>& jobs) override;

  [[nodiscard]] const KindEntry& kind() const noexcept { return kind_; }
  [[nodiscard]] const JobRow& row() const noexcept { return row_; }
  [[nodiscard]] JobRow take_row() noexcept { return std::move(row_); }
  void ask_stop(StopReason reason);
  /// What was said since the last call, if anything, and not within half a second of it (unless `last`).
  [[nodiscard]] std::optional<Progress> take_progress(bool last);

  /// Runs the handler and says how the job ended; the caller adds the row. Never throws. What the handler's
  /// thread logs meanwhile carries the job's ids, and what it enqueues its trace.
  [[nodiscard]] Ending run();
  /// When the handler returned; after `run`.
  [[nodiscard]] std::chrono::steady_clock::time_point start() const noexcept { return start_; }
  [[nodiscard]] std::chrono::steady_clock::time_point end() const noexcept { return end_; }

 private:
  void tell(std::int64_t done, std::int64_t total, std::string_view note) const noexcept;
  Result<Outcome> call();
  Ending settle(Result<Outcome> result);
  Ending failed(Error error);

  JobRow row_;
  const KindEntry& kind_;
  const RunnerParts& parts_;
  const RunnerOptions* options_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point end_;
  std::chrono::steady_clock::time_point deadline_;
  std::atomic<StopReason> reason_{StopReason::none};
  std::atomic<bool> marked_done_{false};
  std::atomic<bool> has_progress_{false};

  mutable std::mutex mutex_;  // guards what follows
  // Made for the first who asks: it is memory of the heap, and most handlers never look at it.
  mutable std::stop_source stop_{std::nostopstate};
  std::optional<Progress> progress_;
  std::optional<std::chrono::steady_clock::time_point> progress_taken_;
};

}  // namespace omnicrm::jobs
