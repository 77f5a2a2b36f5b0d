// The threads of a runner: several that run handlers, one that talks to the storage.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <omnicrm/jobs/runner.hpp>

#include "jobs/held.hpp"
#include "jobs/kinds.hpp"
#include "jobs/limits.hpp"
#include "jobs/rounds.hpp"
#include "jobs/runner.hpp"
#include "jobs/upkeep.hpp"
#include "jobs/wakeup.hpp"
#include "observe/job_metrics.hpp"

namespace omnicrm::jobs {

/// Runs jobs once, from `run` to its return. Handlers' threads never touch the storage themselves: they take
/// claimed jobs from `queue_`, a few at a time when they are quick, and leave their endings in their slot.
/// The clerk (the thread in `run`) writes endings, heartbeat, progress and the next claim in one transaction
/// a round, so the heartbeat never waits for a handler, and jobs are paid for in groups. A beater beats when
/// a round takes too long, and the upkeep has a thread of its own.
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): it is final
class Engine final : Wakeup::Listener {
 public:
  struct UntilIdle {
    std::chrono::milliseconds horizon{0};
  };

  /// `metrics` may be null.
  Engine(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds,
         observe::JobMetrics* metrics);
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
  using Time = std::chrono::steady_clock::time_point;

  /// Endings are written at so many, or some milliseconds after the first.
  static constexpr std::size_t ending_group = 500;

  /// A handler's thread and what it has. `mutex` is taken after the engine's, never before it.
  struct Slot {
    std::mutex mutex;  // guards what follows
    std::deque<JobRow> group;
    std::optional<Held> held;
    bool abandoned = false;  // its ending was written although the handler did not stop
    std::vector<Ending> endings;
    std::int64_t started = 0;

    // The thread's own.
    Kinds::const_iterator kind;  // of the job before: most come in runs
    const observe::KindMetrics* metrics = nullptr;
    bool quick = true;  // the last group was
  };

  // Wakeup::Listener
  bool jobs_arrived(bool from_here) noexcept override;
  void cancel_asked(JobId id) noexcept override;
  void cancels_asked() noexcept override;

  // engine_worker.cpp: the handlers' threads
  Result<void> start_threads();
  void beat(const std::stop_token& stop);
  void work(Slot& slot);
  bool take_group(Slot& slot);
  bool fill(Slot& slot);
  bool steal(Slot& thief);
  void run_group(Slot& slot);
  bool begin_next(Slot& slot, Time now);
  static Ending not_started(Slot& slot);
  void finish(Slot& slot, Ending ending);
  void measure(Slot& slot, const Held& held, const Ending& ending) const;
  void look_up(Slot& slot, const std::string& kind) const;

  // engine_stop.cpp: what is done to a job while somebody has it
  void cancel_held(JobId id);
  void drop(JobRow row, std::vector<Ending>* given_back);
  void drop_unstarted(std::vector<Ending>* given_back);
  void wind_down();
  void check_deadlines();
  void ask_all_to_stop(StopReason reason);

  // engine.cpp: the clerk
  Result<void> serve();
  Result<void> round();
  void collect(std::vector<Ending>& endings, RoundOrder& order);
  void put_back(std::vector<Ending> endings);
  void accept(RoundResult result, bool claimed, Time lease_end);
  void take_in(std::vector<JobRow> jobs);
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
  [[nodiscard]] std::chrono::microseconds patience();
  [[nodiscard]] std::size_t group_size() const;
  void adapt(std::size_t claimed);
  void ring();

  const RunnerParts& parts_;
  const RunnerOptions& options_;
  const Kinds& kinds_;
  observe::JobMetrics* const metrics_;  // null: nobody asks
  const std::string all_kinds_;         // as JSON
  Rounds rounds_;                       // the clerk's, but for the beat

  std::mutex mutex_;  // guards what follows
  std::condition_variable clerk_;
  std::condition_variable workers_;
  std::deque<JobRow> queue_;
  Limits limits_;
  std::vector<Ending> endings_;  // those that no slot has
  std::size_t idle_ = 0;
  std::size_t active_ = 0;  // threads that took a group and have not come back
  bool closing_ = false;
  bool stopping_ = false;
  std::optional<Time> grace_end_;
  bool hint_ = true;            // the line may hold jobs
  bool local_hint_ = false;     // and others were not told of them yet
  bool restarts_left_ = false;  // it holds jobs that wait for a free thread
  bool look_for_cancels_ = false;
  bool wake_ = false;
  bool has_arrived_ = false;  // jobs, since the clerk last looked

  std::vector<std::unique_ptr<Slot>> slots_;
  std::atomic<std::size_t> pending_ = 0;  // endings in the slots and in `endings_`
  std::atomic<Time> lease_end_ = Time{};  // since the last heartbeat that was written

  // The clerk's own.
  std::optional<UntilIdle> until_idle_;
  RunSummary summary_;
  std::int64_t sent_back_ = 0;  // snoozes that no handler asked for
  std::size_t target_ = 0;      // how many jobs to hold unstarted
  Time last_claim_{};
  Time next_beat_{};
  Time next_recovery_{};
  Time next_look_{};
  Time next_cancels_{};
  std::chrono::microseconds look_pause_{0};
  std::optional<Timestamp> next_due_;
  std::optional<Time> failing_since_;
  bool recover_ = true;
  std::optional<Upkeep> upkeep_;
  std::vector<std::jthread> threads_;
  std::jthread beater_;
};

}  // namespace omnicrm::jobs
