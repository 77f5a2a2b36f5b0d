// How much an engine claims, and when its clerk wakes.
#include <algorithm>

#include "jobs/backoff.hpp"
#include "jobs/engine.hpp"

namespace omnicrm::jobs {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Endings are written at so many, or so long after the first, whichever comes first.
constexpr std::size_t ending_group = 256;
constexpr milliseconds ending_wait{3};
// A claim that lasts less than `quick` was too small, one that lasts longer than `slow` too big.
constexpr milliseconds quick{20};
constexpr milliseconds slow{100};

}  // namespace

bool Engine::holds_nothing() const {
  return queue_.empty() && endings_.empty() &&
         std::all_of(slots_.begin(), slots_.end(), [](const Held* held) { return held == nullptr; });
}

std::size_t Engine::wanted() const {
  const std::size_t most = std::min(std::max(idle_, target_), options_.claim_limit);
  return most > queue_.size() ? most - queue_.size() : 0;
}

bool Engine::claimable() const {
  if (stopping_ || !hint_ || queue_.size() > target_ / 2 || wanted() == 0) return false;
  if (restarts_left_ && idle_ <= queue_.size()) return false;
  return any_capped_ ? !shares().empty() : !uncapped_kinds_.empty();
}

std::vector<KindShare> Engine::shares() const {
  std::vector<KindShare> shares;
  const std::size_t limit = wanted();
  if (!uncapped_kinds_.empty()) shares.push_back({uncapped_kinds_, limit});
  if (!any_capped_) return shares;
  for (const auto& [kind, entry] : kinds_) {
    if (entry.options.max_concurrent <= 0) continue;
    const auto is_kind = [&kind = kind](const JobRow& row) { return row.job.kind == kind; };
    auto held = static_cast<std::size_t>(std::count_if(queue_.begin(), queue_.end(), is_kind));
    for (const Held* running : slots_) held += running != nullptr && is_kind(running->row()) ? 1 : 0;
    const auto cap = static_cast<std::size_t>(entry.options.max_concurrent);
    if (held < cap)
      shares.push_back({kinds_json(std::vector<std::string>{kind}), std::min(limit, cap - held)});
  }
  return shares;
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
  if (wake_ || look_for_cancels_ || claimable() || endings_.size() >= ending_group) return true;
  if (stopping_ && !queue_.empty()) return true;
  if (endings_.empty()) return false;
  return queue_.empty() &&
         std::all_of(slots_.begin(), slots_.end(), [](const Held* held) { return held == nullptr; });
}

/// Until there is something to write or to look at. True when nothing happened for as long as it was to wait.
bool Engine::wait(Lock& lock) {
  const auto ready = [this] { return urgent() || !endings_.empty(); };
  const bool something = clerk_.wait_for(lock, patience(), ready);
  if (something && !urgent()) clerk_.wait_for(lock, ending_wait, [this] { return urgent(); });
  wake_ = false;
  return !something;
}

// Times that are due by the injected clock; never longer than the poll, which is real time.
microseconds Engine::patience() const {
  const auto now = parts_.clock->steady_now();
  const microseconds poll = options_.poll;
  microseconds wait = poll - jitter(poll / 4, *parts_.random);
  const auto until = [&](std::chrono::steady_clock::time_point at) {
    wait = std::min(wait, std::chrono::ceil<microseconds>(at - now));
  };
  until(next_beat_);
  if (stopping_ && grace_end_ && *grace_end_ > now) until(*grace_end_);
  for (const Held* held : slots_) {
    if (held != nullptr && held->deadline() > now) until(held->deadline());
  }
  if (next_due_) wait = std::min(wait, *next_due_ - parts_.clock->now());
  return std::max(wait, microseconds(0));
}

}  // namespace omnicrm::jobs
