// What all handles of one open CRM share: calls in progress, and closing while they run.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <omnicrm/crm.hpp>
#include <stop_token>
#include <unordered_set>
#include <utility>

#include "fork.hpp"
#include "frame.hpp"
#include "handle.hpp"
#include "hub.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

class CrmState;
class SessionState;

/// A call in progress: while it lives, the CRM stays open. Within a callback the outer call does that
/// already.
class Use {
 public:
  Use(std::shared_ptr<CrmState> crm, bool counted) noexcept : crm_(std::move(crm)), counted_(counted) {}
  Use(Use&& other) noexcept : crm_(std::move(other.crm_)), counted_(std::exchange(other.counted_, false)) {}
  Use& operator=(Use&&) = delete;
  ~Use();

  [[nodiscard]] CrmState& operator*() const noexcept { return *crm_; }
  [[nodiscard]] CrmState* operator->() const noexcept { return crm_.get(); }

 private:
  std::shared_ptr<CrmState> crm_;
  bool counted_;
};

/// Thread-safe. After `fork` no function of it takes a lock in the child.
class CrmState : public std::enable_shared_from_this<CrmState> {
 public:
  /// Before anything can be called: the plug-ins need it, and the CRM is opened with them.
  void set(std::unique_ptr<Crm> crm, std::shared_ptr<Clock> clock);

  /// Begins a call. Errors: `failed_precondition` (closed, forked, left by longjmp, from a quiet callback).
  Result<Use> enter();
  /// Errors: `failed_precondition` where the caller holds what running jobs need.
  Result<void> check_may_run_jobs(const char* function) const;
  /// Errors: `failed_precondition` from within a callback of this CRM.
  Result<void> check_outside(const char* function) const;

  /// The open CRM and the clock it runs on, during a call.
  [[nodiscard]] Crm& crm() noexcept { return *crm_; }
  [[nodiscard]] Clock& clock() noexcept { return *clock_; }
  /// Requested when the CRM is being closed.
  [[nodiscard]] std::stop_token closing() const noexcept { return stop_.get_token(); }
  [[nodiscard]] ProgressHub& progress_hub() noexcept { return progress_hub_; }
  [[nodiscard]] LogHub& log_hub() noexcept { return log_hub_; }

  /// Sessions are closed with the CRM.
  void add(SessionState& session);
  void remove(SessionState& session);

  Result<void> close();
  /// What `ocrm_free` does with what was the handle's.
  static void let_go(std::shared_ptr<CrmState> crm) noexcept;

  void abandon() noexcept;
  [[nodiscard]] bool is_abandoned() const noexcept { return abandoned_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_forked() const noexcept { return fork_generation() != generation_; }

 private:
  friend class Use;

  void leave() noexcept;
  Result<void> take_closing();
  Result<void> drain();
  void close_everything();
  void close_later() noexcept;
  void close_orphan() noexcept;

  const std::uint64_t generation_ = fork_generation();
  std::unique_ptr<Crm> crm_;
  std::shared_ptr<Clock> clock_;
  std::stop_source stop_;
  ProgressHub progress_hub_;
  LogHub log_hub_;

  std::atomic<std::int64_t> calls_{0};  ///< outermost ones
  std::atomic<bool> closing_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> orphaned_{false};  ///< freed from within a callback: the last call closes it
  std::atomic<bool> orphan_taken_{false};

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool being_closed_ = false;
  bool closed_ = false;
  std::unordered_set<SessionState*> sessions_;
};

inline Use::~Use() {
  if (counted_) crm_->leave();
}

/// The state of the handle that a caller gave, with a call begun.
[[nodiscard]] Result<Use> use(ocrm* crm);

}  // namespace omnicrm::capi

struct ocrm final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::crm;
  explicit ocrm(std::shared_ptr<omnicrm::capi::CrmState> crm) : Handle(type, true), state(std::move(crm)) {}
  std::shared_ptr<omnicrm::capi::CrmState> state;
};
