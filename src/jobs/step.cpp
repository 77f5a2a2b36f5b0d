#include "jobs/step.hpp"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "jobs/held.hpp"
#include "jobs/limits.hpp"
#include "jobs/rounds.hpp"
#include "jobs/running_job.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::chrono::milliseconds write_after{3};

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): it is final
class Step final : Wakeup::Listener {
 public:
  Step(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds, std::stop_token stop)
      : parts_(parts),
        options_(options),
        kinds_(kinds),
        limits_(kinds, 1),
        stop_(std::move(stop)),
        rounds_(parts, options) {
    parts_.wakeup->add(*this);
  }
  ~Step() { parts_.wakeup->remove(*this); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  Result<RunSummary> run(std::size_t limit) {
    bool first = true;
    while (limit > 0 && !stop_.stop_requested()) {
      OMNICRM_TRY(write(std::min(limit, options_.claim_limit), std::exchange(first, false)));
      if (queue_.empty()) break;
      limit -= queue_.size();
      OMNICRM_TRY(run_queue());
    }
    OMNICRM_TRY(write(0, false));
    OMNICRM_TRY(rounds_.retire());
    return summary_;
  }

 private:
  bool jobs_arrived(bool /*from_here*/) noexcept override { return false; }
  void cancels_asked() noexcept override {}
  void cancel_asked(JobId id) noexcept override {
    const std::lock_guard lock(mutex_);
    if (held_ != nullptr && held_->row().job.id == id) held_->ask_stop(StopReason::cancel);
  }

  Result<void> run_queue() {
    while (!queue_.empty()) {
      const auto& entry = kinds_.find(queue_.front().job.kind)->second;
      OMNICRM_TRY(beat_for(entry.options.timeout));
      if (queue_.empty()) return {};  // the lease was lost meanwhile
      if (stop_.stop_requested()) {
        give_back();
        return {};
      }
      run_one(entry);
    }
    return {};
  }

  void run_one(const KindEntry& entry) {
    Held held(std::move(queue_.front()), entry, parts_, &options_);
    queue_.pop_front();
    ++summary_.started;
    set_held(&held);
    Ending ending;
    {
      const std::stop_callback shutdown(stop_, [&held] { held.ask_stop(StopReason::shutdown); });
      const RunningJob inside(parts_.storage.get());
      ending = held.run();
    }
    set_held(nullptr);
    ending.row = held.take_row();
    if (endings_.empty()) first_ending_ = parts_.clock->steady_now();
    endings_.push_back(std::move(ending));
  }

  void set_held(Held* held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
  }

  void give_back() {
    for (JobRow& row : queue_) {
      Ending ending;
      ending.how = Ending::How::given_back;
      ending.row = std::move(row);
      endings_.push_back(std::move(ending));
    }
    queue_.clear();
  }

  /// Makes sure that the heartbeat lasts as long as the next job may, and that endings do not wait for long.
  Result<void> beat_for(std::chrono::milliseconds timeout) {
    const auto now = parts_.clock->steady_now();
    const bool covered = now + timeout <= covered_ + options_.lease / 2;
    const bool prompt = endings_.empty() || now - first_ending_ < write_after;
    if (covered && prompt) return {};
    ahead_ = timeout;
    return write(0, false);
  }

  Result<void> write(std::size_t claim, bool recover) {
    RoundOrder order;
    order.endings = endings_;
    order.recover = recover;
    order.ahead = ahead_;
    order.restarts = 1;
    if (claim > 0) order.shares = shares(claim);
    if (order.endings.empty() && claim > 0 && order.shares.empty()) return {};
    const auto now = parts_.clock->steady_now();
    OMNICRM_ASSIGN(auto result, rounds_.write(order));
    covered_ = now + ahead_;
    endings_.clear();
    summary_.done += result.summary.done;
    summary_.failed += result.summary.failed;
    summary_.dead += result.summary.dead;
    summary_.snoozed += result.summary.snoozed;
    summary_.given_back += result.summary.given_back;
    if (result.lost) queue_.clear();
    std::move(result.claim.jobs.begin(), result.claim.jobs.end(), std::back_inserter(queue_));
    return {};
  }

  /// One thread: no cap of this process is below what it runs at once.
  std::vector<KindShare> shares(std::size_t limit) const {
    if (kinds_.empty()) return {};
    return limits_.shares(limit, parts_.clock->steady_now());
  }

  const RunnerParts& parts_;
  const RunnerOptions& options_;
  const Kinds& kinds_;
  const Limits limits_;
  std::stop_token stop_;
  Rounds rounds_;
  RunSummary summary_;
  std::deque<JobRow> queue_;
  std::vector<Ending> endings_;
  std::chrono::steady_clock::time_point first_ending_{};
  std::chrono::steady_clock::time_point covered_{};
  std::chrono::milliseconds ahead_{0};

  std::mutex mutex_;
  Held* held_ = nullptr;  // guarded by mutex_
};

}  // namespace

Result<RunSummary> run_step(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds,
                            std::size_t limit, std::stop_token stop) {
  Step step(parts, options, kinds, std::move(stop));
  return step.run(limit);
}

}  // namespace omnicrm::jobs
