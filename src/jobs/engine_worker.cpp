// The threads that run handlers.
#include <algorithm>
#include <condition_variable>
#include <system_error>
#include <utility>

#include "core/errors.hpp"
#include "jobs/engine.hpp"
#include "jobs/running_job.hpp"

namespace omnicrm::jobs {
namespace {

// A thread that ran its last jobs quicker than this may take several at once.
constexpr std::chrono::microseconds quick_job{50};

}  // namespace

Result<void> Engine::start_threads() {
  try {
    for (const auto& slot : slots_) threads_.emplace_back([this, &slot = *slot] { work(slot); });
    // On SQLite there is one writer: who waits for it cannot beat either.
    if (parts_.storage->dialect() == storage::Dialect::postgres)
      beater_ = std::jthread([this](const std::stop_token& stop) { beat(stop); });
    return {};
  } catch (const std::system_error& error) {
    return failure(ErrorCode::resource_exhausted, std::string("cannot start a thread: ") + error.what());
  }
}

/// Beats when the clerk's rounds do not: one of them waits for a lock, or for a server that is slow.
void Engine::beat(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  Lock lock(mutex);
  while (!stop.stop_requested()) {
    woken.wait_for(lock, stop, options_.heartbeat / 2, [] { return false; });
    if (stop.stop_requested()) return;
    const Time now = parts_.clock->steady_now();
    // What fails is tried again soon, and the clerk tells of it.
    if (rounds_.beat(options_.heartbeat + options_.heartbeat / 2).value_or(false))
      lease_end_ = now + options_.lease;
  }
}

void Engine::work(Slot& slot) {
  const RunningJob inside(parts_.storage.get());
  slot.kind = kinds_.end();
  while (take_group(slot)) run_group(slot);
}

/// Waits for jobs; false: there will be none.
bool Engine::take_group(Slot& slot) {
  Lock lock(mutex_);
  while (true) {
    if (fill(slot) || steal(slot)) {
      ++active_;
      if (claimable()) clerk_.notify_one();
      return true;
    }
    if (closing_) return false;
    ++idle_;
    if (urgent()) clerk_.notify_one();
    workers_.wait(lock);  // woken for nothing, it looks whether there is something to steal
    --idle_;
  }
}

/// A job of a kind with a limit comes alone, and counts as running from here on.
bool Engine::fill(Slot& slot) {
  const std::size_t most = slot.quick ? group_size() : 1;
  const std::lock_guard slot_lock(slot.mutex);
  while (slot.group.size() < most && !queue_.empty()) {
    JobRow& next = queue_.front();
    const bool limited = limits_.any() && limits_.is_limited(next.job.kind);
    if (limited && !slot.group.empty()) break;
    if (limited) limits_.leave_queue(next);
    if (!limited || limits_.admit(next)) slot.group.push_back(std::move(next));
    queue_.pop_front();
    if (limited && !slot.group.empty()) break;
  }
  return !slot.group.empty();
}

/// Half of what another thread took and did not come to: it may have met a slow job.
bool Engine::steal(Slot& thief) {
  for (const auto& other : slots_) {
    if (other.get() == &thief) continue;
    std::deque<JobRow> taken;
    {
      const std::lock_guard lock(other->mutex);
      for (std::size_t count = (other->group.size() + 1) / 2; count > 0; --count) {
        taken.push_front(std::move(other->group.back()));
        other->group.pop_back();
      }
    }
    if (taken.empty()) continue;
    const std::lock_guard lock(thief.mutex);
    thief.group = std::move(taken);
    return true;
  }
  return false;
}

void Engine::run_group(Slot& slot) {
  const Time begin = parts_.clock->steady_now();
  Time now = begin;
  std::size_t count = 0;
  while (begin_next(slot, now)) {
    Held& held = *slot.held;
    // Who overslept its lease starts nothing: others may run the job by now. If nobody does, it goes back.
    const bool in_time = now < lease_end_.load(std::memory_order_relaxed);
    Ending ending = in_time ? held.run() : not_started(slot);
    now = held.end();
    if (metrics_ != nullptr && in_time) measure(slot, held, ending);
    finish(slot, std::move(ending));
    ++count;
  }
  slot.quick = count > 0 && now - begin < count * quick_job;
  const Lock lock(mutex_);
  --active_;
  if (urgent()) clerk_.notify_one();
}

bool Engine::begin_next(Slot& slot, Time now) {
  const std::lock_guard lock(slot.mutex);
  if (slot.group.empty()) return false;
  look_up(slot, slot.group.front().job.kind);
  slot.held.emplace(std::move(slot.group.front()), slot.kind->second, parts_, &options_, now);
  slot.group.pop_front();
  slot.abandoned = false;
  ++slot.started;
  return true;
}

Ending Engine::not_started(Slot& slot) {
  const std::lock_guard lock(slot.mutex);
  --slot.started;
  Ending ending;
  ending.how = Ending::How::given_back;
  return ending;
}

void Engine::finish(Slot& slot, Ending ending) {
  const bool limited = limits_.any() && limits_.is_limited(slot.kind->first);
  const UserId user = slot.held->row().user;
  std::size_t pending = 0;
  {
    const std::lock_guard lock(slot.mutex);
    if (!slot.abandoned) {
      ending.row = slot.held->take_row();
      pending = pending_.fetch_add(1) + 1;  // before the clerk can see it, who counts down
      slot.endings.push_back(std::move(ending));
    }
    slot.held.reset();
  }
  if (limited) {
    const Lock lock(mutex_);
    for (JobRow& row : limits_.ended(slot.kind->first, user)) {
      const std::lock_guard slot_lock(slot.mutex);
      slot.group.push_back(std::move(row));
    }
    // Another thread may take them, and more of the kind may be claimed now.
    hint_ = hint_ || limits_.any_claim_limit();
    if (idle_ > 0 && !queue_.empty()) workers_.notify_one();
  }
  if (pending == 1 || pending == ending_group) ring();
}

/// The same kind as before, mostly.
void Engine::look_up(Slot& slot, const std::string& kind) const {
  if (slot.kind != kinds_.end() && slot.kind->first == kind) return;
  slot.kind = kinds_.find(kind);  // claims ask for these kinds only
  if (metrics_ != nullptr) slot.metrics = &metrics_->of(kind);
}

void Engine::measure(Slot& slot, const Held& held, const Ending& ending) const {
  const Job& job = held.job();
  const auto took = held.end() - held.start();
  const Timestamp due = std::max(job.run_at, job.created_at);
  slot.metrics->started(
      std::max(parts_.clock->now() - std::chrono::floor<std::chrono::microseconds>(took) - due,
               std::chrono::microseconds(0)));
  if (ending.how == Ending::How::done) slot.metrics->done(took);
  if (ending.how == Ending::How::failed) {
    slot.metrics->failed(took);
    if (!ending.error.retryable || job.attempt >= job.max_attempts) slot.metrics->dead();
  }
}

}  // namespace omnicrm::jobs
