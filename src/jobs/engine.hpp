// The threads of a runner: several that run handlers, one that talks to the storage.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <omnicrm/jobs/runner.hpp>

#include "jobs/held.hpp"
#include "jobs/kinds.hpp"
#include "jobs/rounds.hpp"
#include "jobs/runner.hpp"
#include "jobs/wakeup.hpp"

namespace omnicrm::jobs {

/// Runs jobs once, from `run` to its return. Handlers' threads never touch the storage themselves: they take
/// claimed jobs from `queue_` and leave their endings in `endings_`. The clerk (the thread in `run`) writes
/// endings, heartbeat, progress and the next claim in one transaction a round, so the heartbeat never waits
/// for a handler, and jobs are paid for in groups.
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): it is final
class Engine final : Wakeup::Listener {
 public:
  struct UntilIdle {
    std::chrono::milliseconds horizon{0};
  };

  Engine(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Until `ask_stop`; with `idle` also until there is nothing to do. Once in an engine's life.
  Result<RunSummary> run(std::optional<UntilIdle> idle);
  /// No more claims; running handlers have `grace` until their stop is requested. Any thread; `run` returns
  /// when they have ended.
  void ask_stop(std::chrono::milliseconds grace);

 private:
  using Lock = std::unique_lock<std::mutex>;

  // Wakeup::Listener
  void jobs_arrived() noexcept override;
  void cancel_asked(JobId id) noexcept override;
  void cancels_asked() noexcept override;

  // engine_worker.cpp: the handlers' threads
  Result<void> start_threads();
  void work(std::size_t slot);
  void cancel_held(JobId id);
  void wind_down();
  void check_deadlines();

  // engine.cpp: the clerk
  Result<void> serve();
  Result<void> round();
  void accept(RoundResult result, bool claimed);
  Result<void> survive(Error error);
  Result<bool> tend(bool timed_out);
  Result<bool> look();
  Result<void> look_for_cancels();

  // engine_pace.cpp: how much to claim, and when
  bool wait(Lock& lock);
  [[nodiscard]] bool urgent() const;
  [[nodiscard]] bool holds_nothing() const;
  [[nodiscard]] std::size_t wanted() const;
  [[nodiscard]] bool claimable() const;
  [[nodiscard]] std::vector<KindShare> shares() const;
  [[nodiscard]] std::chrono::microseconds patience() const;
  void adapt(std::size_t claimed);

  const RunnerParts& parts_;
  const RunnerOptions& options_;
  const Kinds& kinds_;
  const std::string all_kinds_;  // as JSON
  std::string uncapped_kinds_;   // the ones without max_concurrent
  bool any_capped_ = false;
  Rounds rounds_;  // the clerk's

  std::mutex mutex_;  // guards what follows
  std::condition_variable clerk_;
  std::condition_variable workers_;
  std::deque<JobRow> queue_;
  std::vector<Ending> endings_;
  std::vector<Held*> slots_;
  std::vector<bool> abandoned_;  // by slot: its ending was written although the handler did not stop
  std::size_t idle_ = 0;
  std::int64_t started_ = 0;
  bool closing_ = false;
  bool stopping_ = false;
  std::optional<std::chrono::steady_clock::time_point> grace_end_;
  bool hint_ = true;            // the line may hold jobs
  bool restarts_left_ = false;  // it holds jobs that wait for a free thread
  bool look_for_cancels_ = false;
  bool wake_ = false;

  // The clerk's own.
  std::optional<UntilIdle> until_idle_;
  RunSummary summary_;
  std::size_t target_ = 0;  // how many jobs to hold unstarted
  std::chrono::steady_clock::time_point last_claim_{};
  std::chrono::steady_clock::time_point next_beat_{};
  std::chrono::steady_clock::time_point next_look_{};
  std::optional<Timestamp> next_due_;
  std::optional<std::chrono::steady_clock::time_point> failing_since_;
  bool recover_ = true;
  std::vector<std::jthread> threads_;
};

}  // namespace omnicrm::jobs
