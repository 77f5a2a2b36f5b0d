#include "crm_state.hpp"

#include <chrono>
#include <string>
#include <thread>

#include "session_state.hpp"

namespace omnicrm::capi {
namespace {

tl::unexpected<Error> wrong_state(std::string message) {
  return failure(ErrorCode::failed_precondition, std::move(message));
}
tl::unexpected<Error> forked() {
  return wrong_state("the CRM was opened before fork(); the child process has to open its own");
}
tl::unexpected<Error> left_by_longjmp() {
  return wrong_state("a callback was left by longjmp: the CRM cannot be used any more");
}

}  // namespace

void CrmState::set(std::unique_ptr<Crm> crm, std::shared_ptr<Clock> clock) {
  crm_ = std::move(crm);
  clock_ = std::move(clock);
}

Result<Use> CrmState::enter() {
  if (is_forked()) [[unlikely]]
    return forked();
  if (is_abandoned()) [[unlikely]]
    return left_by_longjmp();
  if (callback_depth != 0) [[unlikely]] {
    if (is_inside(*this, FrameKind::quiet))
      return wrong_state("a log sink, a clock and a user_free must not call the library");
    // The outer call, or the thread that runs jobs, keeps the CRM open until the callback has returned.
    if (is_inside(*this)) return Use(shared_from_this(), false);
  }
  calls_.fetch_add(1);
  if (closing_.load()) [[unlikely]] {
    leave();
    return wrong_state("the CRM is closed");
  }
  return Use(shared_from_this(), true);
}

void CrmState::leave() noexcept {
  if (calls_.fetch_sub(1) != 1) return;
  if (!closing_.load()) [[likely]]
    return;
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (orphaned_.load()) close_orphan();
}

Result<void> CrmState::check_may_run_jobs(const char* function) const {
  if (callback_depth == 0) return {};
  if (is_inside(*this, FrameKind::job))
    return wrong_state(std::string(function) + ": a job would wait for itself; use ocrm_jobs_enqueue");
  if (is_inside(*this, FrameKind::transaction))
    return wrong_state(std::string(function) + ": not within a transaction");
  return {};
}

Result<void> CrmState::check_outside(const char* function) const {
  if (callback_depth == 0 || !is_inside(*this)) return {};
  return wrong_state(std::string(function) + ": not from within a callback of the CRM");
}

void CrmState::add(SessionState& session) {
  const std::lock_guard lock(mutex_);
  sessions_.insert(&session);
}

void CrmState::remove(SessionState& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(&session);
}

void CrmState::abandon() noexcept {
  abandoned_ = true;
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

Result<void> CrmState::close() {
  if (is_forked()) return forked();
  OCRM_TRY(check_outside("ocrm_close"));
  if (is_abandoned()) return left_by_longjmp();
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !being_closed_ || is_abandoned(); });
    if (closed_) return {};
    if (is_abandoned()) return left_by_longjmp();
    being_closed_ = true;
  }
  auto drained = drain();
  if (drained) close_everything();
  const std::lock_guard lock(mutex_);
  being_closed_ = false;
  closed_ = drained.has_value();
  changed_.notify_all();
  return drained;
}

/// No new calls; jobs are asked to stop; then waits for the calls that there are.
Result<void> CrmState::drain() {
  closing_ = true;
  stop_.request_stop();
  // What a stopped run has to say of its jobs is in the log; they go back to the queue one way or another.
  static_cast<void>(crm_->jobs().stop(std::chrono::milliseconds(0)));
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return calls_.load() == 0 || is_abandoned(); });
  }
  if (is_abandoned()) return left_by_longjmp();
  // A call that was in progress may have started the service meanwhile.
  static_cast<void>(crm_->jobs().stop(std::chrono::milliseconds(0)));
  return {};
}

void CrmState::close_everything() {
  std::unordered_set<SessionState*> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions.swap(sessions_);
    for (SessionState* session : sessions) session->close();
  }
  crm_.reset();
  clock_.reset();
}

void CrmState::let_go(std::shared_ptr<CrmState> crm) noexcept {
  if (crm->is_forked() || crm->is_abandoned()) {
    keep_for_ever(std::move(crm));
  } else if (is_inside(*crm)) {
    crm->close_later();
  } else {
    try {
      if (crm->close()) return;
    } catch (...) {  // no memory to close it: it is given up
    }
    keep_for_ever(std::move(crm));
  }
}

/// Freed from within a callback. The last call in progress closes it; if the callback is one of a job on a
/// thread of the library, and nobody calls, a thread has to be made for that: it joins the others.
void CrmState::close_later() noexcept {
  closing_ = true;
  stop_.request_stop();
  orphaned_ = true;
  if (calls_.load() != 0) return;
  try {
    std::thread([self = shared_from_this()] { self->close_orphan(); }).detach();
  } catch (...) {
    keep_for_ever(shared_from_this());
  }
}

void CrmState::close_orphan() noexcept {
  if (orphan_taken_.exchange(true)) return;
  try {
    const auto self = shared_from_this();
    if (!close()) keep_for_ever(self);
  } catch (...) {
    keep_for_ever(shared_from_this());
  }
}

Result<Use> use(ocrm* crm) {
  OCRM_ASSIGN(const auto* handle, handle_of(crm, "crm"));
  return handle->state->enter();
}

}  // namespace omnicrm::capi
