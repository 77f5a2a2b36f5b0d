// The clerk: the one thread of an engine that talks to the storage.
#include "jobs/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/errors.hpp"

namespace omnicrm::jobs {
namespace {

void add(RunSummary& sum, const RunSummary& part) {
  sum.done += part.done;
  sum.failed += part.failed;
  sum.dead += part.dead;
  sum.snoozed += part.snoozed;
  sum.given_back += part.given_back;
}

}  // namespace

Engine::Engine(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds)
    : parts_(parts),
      options_(options),
      kinds_(kinds),
      all_kinds_(kinds_json(kinds)),
      rounds_(parts, options),
      slots_(options.threads),
      abandoned_(options.threads) {
  std::vector<std::string> uncapped;
  for (const auto& [kind, entry] : kinds) {
    if (entry.options.max_concurrent <= 0) uncapped.push_back(kind);
  }
  any_capped_ = uncapped.size() < kinds.size();
  if (!uncapped.empty()) uncapped_kinds_ = kinds_json(uncapped);
  parts_.wakeup->add(*this);
}

Engine::~Engine() {
  parts_.wakeup->remove(*this);
}

Result<RunSummary> Engine::run(std::optional<UntilIdle> idle) {
  until_idle_ = idle;
  Result<void> result = start_threads();
  if (result) result = serve();
  {
    const Lock lock(mutex_);
    queue_.clear();  // empty, unless the storage failed: then the lease brings its jobs back
    for (Held* held : slots_) {
      if (held != nullptr) held->ask_stop(StopReason::shutdown);
    }
    closing_ = true;
  }
  workers_.notify_all();
  threads_.clear();  // joins
  if (const auto retired = rounds_.retire(); !retired && result) result = fail(retired.error());
  if (!result) return fail(std::move(result).error());
  summary_.started = started_;
  return summary_;
}

void Engine::ask_stop(std::chrono::milliseconds grace) {
  const Lock lock(mutex_);
  const auto end = parts_.clock->steady_now() + grace;
  grace_end_ = grace_end_ ? std::min(*grace_end_, end) : end;
  stopping_ = true;
  wake_ = true;
  clerk_.notify_one();
}

Result<void> Engine::serve() {
  while (true) {
    bool timed_out = false;
    {
      Lock lock(mutex_);
      timed_out = wait(lock);
      if (stopping_) wind_down();
      check_deadlines();
    }
    OMNICRM_TRY(round());
    OMNICRM_ASSIGN(const bool finished, tend(timed_out));
    if (finished) return {};
  }
}

Result<void> Engine::round() {
  RoundOrder order;
  std::vector<Ending> endings;
  {
    const Lock lock(mutex_);
    endings.swap(endings_);
    if (claimable()) {
      order.shares = shares();
      order.restarts = idle_ > queue_.size() ? idle_ - queue_.size() : 0;
      hint_ = false;  // what arrives from now on sets it again
    }
    for (Held* held : slots_) {
      if (held == nullptr) continue;
      if (auto progress = held->take_progress(/*last=*/false))
        order.progress.emplace_back(held->row(), *progress);
    }
  }
  const auto now = parts_.clock->steady_now();
  const bool beat_due = now >= next_beat_;
  order.endings = endings;
  order.recover = recover_ || beat_due;
  if (endings.empty() && order.shares.empty() && order.progress.empty() && !order.recover) return {};

  auto result = rounds_.write(order);
  if (!result) {
    const Lock lock(mutex_);
    endings_.insert(endings_.begin(), std::make_move_iterator(endings.begin()),
                    std::make_move_iterator(endings.end()));
    hint_ = true;
  }
  if (!result) return survive(std::move(result).error());
  failing_since_.reset();
  recover_ = false;
  next_beat_ = now + options_.heartbeat;
  // What failed, was snoozed or given back may be due again; a finished job of a capped kind makes room for
  // one.
  const bool again = any_capped_ || std::any_of(endings.begin(), endings.end(), [](const Ending& ending) {
                       return ending.how != Ending::How::done;
                     });
  if (again && !endings.empty()) {
    const Lock lock(mutex_);
    hint_ = true;
  }
  accept(std::move(*result), !order.shares.empty());
  return {};
}

void Engine::accept(RoundResult result, bool claimed) {
  add(summary_, result.summary);
  if (result.recovered > 0 && parts_.logger->wants(observe::Level::warning)) {
    parts_.logger->write(observe::Level::warning, "jobs",
                         fmt::format("took {} jobs back from workers that ended", result.recovered));
  }
  const Lock lock(mutex_);
  if (result.lost) {
    // Others run these jobs now; whatever our handlers still do, the lease keeps it out.
    queue_.clear();
    for (Held* held : slots_) {
      if (held != nullptr) held->ask_stop(StopReason::lost);
    }
    parts_.logger->write(observe::Level::warning, "jobs", "this worker was late and lost its jobs");
  }
  hint_ = hint_ || result.lost || result.recovered > 0;
  if (!claimed) return;
  const std::size_t count = result.claim.jobs.size();
  adapt(count);
  std::move(result.claim.jobs.begin(), result.claim.jobs.end(), std::back_inserter(queue_));
  restarts_left_ = result.claim.restarts_left && count == 0;
  hint_ = hint_ || result.claim.more || result.claim.restarts_left;
  if (!result.claim.more) next_due_ = result.claim.next_due;
  if (count == 1) workers_.notify_one();
  if (count > 1) workers_.notify_all();
}

// A storage that does not answer now may answer later: endings are kept, nothing new is claimed. A service
// goes on trying; a run that its caller waits for, or that is being stopped, gives up after a lease's length,
// since by then its jobs are others' anyway.
Result<void> Engine::survive(Error error) {
  const auto now = parts_.clock->steady_now();
  if (!failing_since_) failing_since_ = now;
  parts_.logger->write(observe::Level::error, "jobs", "cannot write to the queue: " + error.message);
  Lock lock(mutex_);
  const bool impatient = until_idle_ || stopping_;
  if (impatient && (!error.retryable || now - *failing_since_ > options_.lease))
    return fail(std::move(error));
  clerk_.wait_for(lock, options_.poll);  // woken early it only tries early
  return {};
}

Result<bool> Engine::tend(bool timed_out) {
  const auto now = parts_.clock->steady_now();
  const bool tick = timed_out || now >= next_look_;
  bool held_nothing = false;
  bool cancels = false;
  bool hinted = false;
  {
    const Lock lock(mutex_);
    if (next_due_ && parts_.clock->now() >= *next_due_) {
      next_due_.reset();
      hint_ = true;
    }
    held_nothing = holds_nothing();
    if (held_nothing && stopping_) return true;
    cancels = !held_nothing && (tick || std::exchange(look_for_cancels_, false));
    hinted = hint_ || stopping_;
  }
  if (tick) next_look_ = now + options_.poll;
  if (cancels) OMNICRM_TRY(look_for_cancels());
  if (hinted || !(tick || (until_idle_ && held_nothing))) return false;
  OMNICRM_ASSIGN(const bool something, look());
  return until_idle_ && held_nothing && !something;
}

/// Whether the queue holds something that a run until idle must wait for.
Result<bool> Engine::look() {
  const auto glance = rounds_.look(all_kinds_);
  if (!glance) {
    OMNICRM_TRY(survive(glance.error()));
    return true;
  }
  const Timestamp now = parts_.clock->now();
  const Lock lock(mutex_);
  next_due_ = glance->next_due;
  const bool due = next_due_ && *next_due_ <= now;
  recover_ = recover_ || glance->dead;
  hint_ = hint_ || glance->ready || due;
  const bool soon = until_idle_ && next_due_ && *next_due_ <= now + until_idle_->horizon;
  return glance->ready || glance->running || glance->dead || due || soon;
}

Result<void> Engine::look_for_cancels() {
  const auto cancels = rounds_.cancels();
  if (!cancels) return survive(cancels.error());
  const Lock lock(mutex_);
  for (const JobId& id : *cancels) cancel_held(id);
  return {};
}

}  // namespace omnicrm::jobs
