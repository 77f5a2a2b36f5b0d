// How much an engine claims, and when its clerk wakes.
#include <algorithm>

#include "jobs/backoff.hpp"
#include "jobs/engine.hpp"

namespace omnicrm::jobs {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Endings wait for others for so long at the most.
constexpr milliseconds ending_wait{3};
// A claim that lasts less than `quick` was too small, one that lasts longer than `slow` too big.
constexpr milliseconds quick{20};
constexpr milliseconds slow{100};
// Jobs that a thread takes at once at the most.
constexpr std::size_t largest_group = 16;

}  // namespace

bool Engine::holds_nothing() const {
  return queue_.empty() && active_ == 0 && pending_ == 0 && limits_.parked() == 0;
}

std::size_t Engine::wanted() const {
  const std::size_t most = std::min(std::max(idle_, target_), options_.claim_limit);
  return most > queue_.size() ? most - queue_.size() : 0;
}

bool Engine::claimable() const {
  if (stopping_ || !hint_ || queue_.size() > target_ / 4 || wanted() == 0) return false;
  if (restarts_left_ && idle_ <= queue_.size()) return false;
  return limits_.any() ? limits_.has_share(parts_.clock->steady_now()) : !kinds_.empty();
}

/// So few that every thread gets some, and none has many while another waits.
std::size_t Engine::group_size() const {
  return std::clamp<std::size_t>(queue_.size() / (slots_.size() + idle_), 1, largest_group);
}

void Engine::ring() {
  { const Lock lock(mutex_); }  // the clerk looks at what changed, or waits already
  clerk_.notify_one();
}

// Fast jobs are claimed by the hundred, slow ones only when a thread is free: what one process holds back,
// others cannot run.
void Engine::adapt(std::size_t claimed) {
  if (claimed == 0) return;
  const auto now = parts_.clock->steady_now();
  const auto lasted = now - last_claim_;
  last_claim_ = now;
  if (lasted < quick) {
    target_ = std::min(std::max(2 * options_.threads, 2 * target_), options_.claim_limit);
  } else if (lasted > slow) {
    target_ = target_ / 2 > options_.threads ? target_ / 2 : 0;
  }
}

bool Engine::urgent() const {
  if (wake_ || look_for_cancels_ || claimable() || pending_ >= ending_group) return true;
  if (stopping_ && !(queue_.empty() && limits_.parked() == 0)) return true;
  return pending_ > 0 && active_ == 0 && queue_.empty();
}

/// Until there is something to write or to look at. True when nothing happened for as long as it was to wait.
bool Engine::wait(Lock& lock) {
  const auto ready = [this] { return urgent() || pending_ > 0; };
  const bool something = clerk_.wait_for(lock, patience(), ready);
  if (something && !urgent()) clerk_.wait_for(lock, ending_wait, [this] { return urgent(); });
  wake_ = false;
  return !something;
}

// Times that are due by the injected clock; never longer than the poll, which is real time.
microseconds Engine::patience() {
  const auto now = parts_.clock->steady_now();
  const microseconds poll = options_.poll;
  microseconds wait = poll - jitter(poll / 4, *parts_.random);
  const auto until = [&](Time at) { wait = std::min(wait, std::chrono::ceil<microseconds>(at - now)); };
  until(next_beat_);
  if (idle_ > 0 && look_pause_ < poll) until(next_look_);
  if (const auto share = limits_.next_share(now); share && hint_) until(*share);
  if (stopping_ && grace_end_ && *grace_end_ > now) until(*grace_end_);
  for (const auto& slot : slots_) {
    const std::lock_guard slot_lock(slot->mutex);
    if (slot->held && slot->held->deadline() > now) until(slot->held->deadline());
  }
  if (next_due_) wait = std::min(wait, *next_due_ - parts_.clock->now());
  return std::max(wait, microseconds(0));
}

}  // namespace omnicrm::jobs
