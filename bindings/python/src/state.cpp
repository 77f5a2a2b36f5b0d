#include "state.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "failure.hpp"
#include "gil.hpp"

namespace omnicrm::python {
namespace {

std::atomic<std::uint64_t> forks{0};
[[maybe_unused]] const int hooked = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });

struct Callback {
  const State* state;
  CallbackKind kind;
};
thread_local std::vector<Callback> callbacks;

/// Every state there is; guarded by the interpreter's lock, which the thread that forks holds.
std::vector<std::weak_ptr<State>>& all_states() {
  static auto& all = *new std::vector<std::weak_ptr<State>>();
  return all;
}
/// States whose last owner went away on a thread of their own.
std::vector<std::shared_ptr<State>>& orphans() {
  static auto& all = *new std::vector<std::shared_ptr<State>>();
  return all;
}

constexpr std::chrono::seconds last_grace{1};

[[noreturn]] void raise_closed(const char* message) {
  raise({.code = ErrorCode::failed_precondition, .message = message});
}

}  // namespace

std::uint64_t fork_count() noexcept {
  return forks.load(std::memory_order_relaxed);
}

InCallback::InCallback(const State* state, CallbackKind kind) {
  callbacks.push_back({state, kind});
}
InCallback::~InCallback() {
  callbacks.pop_back();
}

State::State() : made_in_(fork_count()) {}

State::~State() {
  if (!is_foreign()) return;
  // The parent's threads are not here, its locks may be held for good: everything stays as it is.
  (void)crm_.release();
  for (const auto& slot : sessions_) (void)slot->session.release();
}

State::Use State::use() {
  if (is_foreign()) raise_closed("this CRM was opened before a fork; open another one in the child");
  {
    const std::lock_guard lock(mutex_);
    if (crm_ && (!closing_ || is_in_callback())) {
      ++calls_;
      enter_call();
      return Use(shared_from_this());
    }
  }
  raise_closed("the CRM is closed");
}

void State::leave() noexcept {
  leave_call();
  if (is_foreign()) return;  // the call forked
  const std::lock_guard lock(mutex_);
  if (--calls_ == 0) changed_.notify_all();
}

std::shared_ptr<SessionSlot> State::add(Session session) {
  auto slot = std::make_shared<SessionSlot>();
  slot->session = std::make_unique<Session>(std::move(session));
  const std::lock_guard lock(mutex_);
  sessions_.insert(slot);
  return slot;
}

void State::forget(const std::shared_ptr<SessionSlot>& slot) noexcept {
  if (is_foreign()) {
    (void)slot->session.release();
    return;
  }
  const std::lock_guard lock(mutex_);
  sessions_.erase(slot);
}

void State::close(std::chrono::milliseconds grace) noexcept {
  if (is_foreign()) return;
  std::unique_lock lock(mutex_);
  if (closing_) {
    changed_.wait(lock, [this] { return closed_; });
    return;
  }
  closing_ = true;
  const auto stops = stops_;
  lock.unlock();
  for (const auto& stop : stops) stop->request_stop();
  if (crm_) (void)crm_->jobs().stop(grace);  // handlers may call until they end
  lock.lock();
  changed_.wait(lock, [this] { return calls_ == 0; });
  std::vector<std::unique_ptr<Session>> sessions;
  for (const auto& slot : sessions_) sessions.push_back(std::move(slot->session));
  sessions_.clear();
  auto crm = std::move(crm_);
  lock.unlock();
  sessions.clear();  // these let go of callbacks, under the interpreter's lock: never while holding ours
  crm.reset();
  lock.lock();
  closed_ = true;
  changed_.notify_all();
}

bool State::is_closed() const noexcept {
  if (is_foreign()) return true;
  const std::lock_guard lock(mutex_);
  return closing_;
}

bool State::is_in_callback() const noexcept {
  return std::ranges::find(callbacks, this, &Callback::state) != callbacks.end();
}

void State::check_outside_jobs() const {
  const bool is_inside = std::ranges::any_of(callbacks, [this](const Callback& callback) {
    return callback.state == this && callback.kind == CallbackKind::job;
  });
  if (!is_inside) return;
  raise(
      {.code = ErrorCode::failed_precondition,
       .message = "a handler, source or normalizer cannot run or stop the queue: it would wait for itself"});
}

void State::add_stop(const std::shared_ptr<std::stop_source>& stop) {
  const std::lock_guard lock(mutex_);
  stops_.insert(stop);
  if (closing_) stop->request_stop();
}

void State::remove_stop(const std::shared_ptr<std::stop_source>& stop) noexcept {
  const std::lock_guard lock(mutex_);
  stops_.erase(stop);
}

void note_state(const std::shared_ptr<State>& state) {
  auto& all = all_states();
  std::erase_if(all, [](const auto& one) { return one.expired(); });
  all.push_back(state);
}

void close_all_states() {
  std::vector<std::shared_ptr<State>> open = std::move(orphans());
  orphans().clear();
  for (const auto& one : all_states()) {
    if (auto state = one.lock()) open.push_back(std::move(state));
  }
  without_gil([&] {
    for (const auto& state : open) {
      if (!state->is_in_callback()) state->close(last_grace);
    }
  });
}

void abandon(std::shared_ptr<State> state) {
  if (!state || state->is_foreign() || state->is_closed()) return;
  if (state->is_in_callback()) {
    orphans().push_back(std::move(state));
    return;
  }
  without_gil([&] { state->close(last_grace); });
}

}  // namespace omnicrm::python
