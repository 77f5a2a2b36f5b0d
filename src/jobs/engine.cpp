// The clerk: the one thread of an engine that talks to the storage.
#include "jobs/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/errors.hpp"
#include "jobs/backoff.hpp"

namespace omnicrm::jobs {
namespace {

void add(RunSummary& sum, const RunSummary& part) {
  sum.done += part.done;
  sum.failed += part.failed;
  sum.dead += part.dead;
  sum.snoozed += part.snoozed;
  sum.given_back += part.given_back;
}

using std::chrono::microseconds;

// An idle worker that has just had something to do looks again after so long, and then ever more rarely.
constexpr microseconds first_look{5'000};
// A job that its process' limits keep from starting waits in the queue for so long, and up to as long again.
constexpr microseconds sent_back_for{250'000};

}  // namespace

Engine::Engine(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds,
               observe::JobMetrics* metrics)
    : parts_(parts),
      options_(options),
      kinds_(kinds),
      metrics_(metrics),
      all_kinds_(kinds_json(kinds)),
      rounds_(parts, options),
      limits_(kinds, options.threads) {
  for (std::size_t count = 0; count < options.threads; ++count) slots_.push_back(std::make_unique<Slot>());
  parts_.wakeup->add(*this);
}

Engine::~Engine() {
  parts_.wakeup->remove(*this);
}

Result<RunSummary> Engine::run(std::optional<UntilIdle> idle) {
  until_idle_ = idle;
  upkeep_.emplace(parts_, options_, kinds_, rounds_.worker(), metrics_);
  Result<void> result = start_threads();
  if (result) result = idle ? upkeep_->once() : upkeep_->start();
  if (result) result = serve();
  {
    const Lock lock(mutex_);
    drop_unstarted(nullptr);  // none, unless the storage failed: then the lease brings them back
    ask_all_to_stop(StopReason::shutdown);
    closing_ = true;
  }
  workers_.notify_all();
  threads_.clear();  // joins
  beater_ = {};
  const auto resigned = upkeep_->stop();
  if (const auto retired = rounds_.retire(); !retired && result) result = fail(retired.error());
  if (!result) return fail(std::move(result).error());
  if (!resigned) parts_.logger->write(observe::Level::warning, "jobs", resigned.error().message);
  for (const auto& slot : slots_) summary_.started += slot->started;
  summary_.snoozed -= sent_back_;
  summary_.given_back += sent_back_;
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

bool Engine::jobs_arrived(bool from_here) noexcept {
  const Lock lock(mutex_);
  hint_ = true;
  has_arrived_ = true;
  const bool has_room = !stopping_ && idle_ > queue_.size();
  local_hint_ = local_hint_ || (from_here && has_room);
  clerk_.notify_one();
  return has_room;
}

void Engine::cancel_asked(JobId id) noexcept {
  const Lock lock(mutex_);
  cancel_held(id);
  clerk_.notify_one();
}

void Engine::cancels_asked() noexcept {
  const Lock lock(mutex_);
  look_for_cancels_ = true;
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

/// What the threads left since the last round.
void Engine::collect(std::vector<Ending>& endings, RoundOrder& order) {
  endings.swap(endings_);
  for (const auto& slot : slots_) {
    const std::lock_guard lock(slot->mutex);
    if (endings.empty()) {
      endings.swap(slot->endings);
    } else {
      std::move(slot->endings.begin(), slot->endings.end(), std::back_inserter(endings));
      slot->endings.clear();
    }
    if (!slot->held) continue;
    if (auto progress = slot->held->take_progress(/*last=*/false))
      order.progress.emplace_back(slot->held->row(), *progress);
  }
  pending_.fetch_sub(endings.size());
}

Result<void> Engine::round() {
  RoundOrder order;
  std::vector<Ending> endings;
  const auto now = parts_.clock->steady_now();
  bool tells_others = false;
  {
    const Lock lock(mutex_);
    collect(endings, order);
    if (claimable()) {
      order.shares = limits_.shares(wanted(), now);
      order.restarts = idle_ > queue_.size() ? idle_ - queue_.size() : 0;
      hint_ = false;  // what arrives from now on sets it again
      tells_others = std::exchange(local_hint_, false);
    }
  }
  order.endings = endings;
  // Every round is a beat; but who never has an idle moment still looks after the dead.
  order.recover = recover_ || now >= next_beat_ || now >= next_recovery_;
  if (endings.empty() && order.shares.empty() && order.progress.empty() && !order.recover) return {};

  auto result = rounds_.write(order);
  if (!result) {
    const Lock lock(mutex_);
    put_back(std::move(endings));
    hint_ = true;
    local_hint_ = local_hint_ || tells_others;
  }
  if (!result) return survive(std::move(result).error());
  failing_since_.reset();
  recover_ = false;
  next_beat_ = now + options_.heartbeat;
  if (order.recover) next_recovery_ = next_beat_;
  // What failed, was snoozed or given back may be due again; a finished job of a limited kind makes room for
  // one.
  const bool again = limits_.any_claim_limit() ||
                     std::any_of(endings.begin(), endings.end(),
                                 [](const Ending& ending) { return ending.how != Ending::How::done; });
  if (again && !endings.empty()) {
    const Lock lock(mutex_);
    hint_ = true;
  }
  const bool left = result->claim.more || result->claim.jobs.empty();
  accept(std::move(*result), !order.shares.empty(), now + options_.lease);
  if (tells_others && left) parts_.wakeup->tell_others(Wakeup::jobs_word);
  return {};
}

void Engine::accept(RoundResult result, bool claimed, Time lease_end) {
  add(summary_, result.summary);
  if (result.recovered > 0 && parts_.logger->wants(observe::Level::warning)) {
    parts_.logger->write(observe::Level::warning, "jobs",
                         fmt::format("took {} jobs back from workers that ended", result.recovered));
  }
  const Lock lock(mutex_);
  if (result.lost) {
    // Others run these jobs now; whatever our handlers still do, the lease keeps it out.
    drop_unstarted(nullptr);
    ask_all_to_stop(StopReason::lost);
    parts_.logger->write(observe::Level::warning, "jobs", "this worker was late and lost its jobs");
  }
  lease_end_ = lease_end;
  hint_ = hint_ || result.lost || result.recovered > 0;
  if (!claimed) return;
  const std::size_t count = result.claim.jobs.size();
  adapt(count);
  take_in(std::move(result.claim.jobs));
  restarts_left_ = result.claim.restarts_left && count == 0;
  hint_ = hint_ || result.claim.more || result.claim.restarts_left;
  if (!result.claim.more) next_due_ = result.claim.next_due;
  if (count > 0) look_pause_ = std::chrono::microseconds(0);
  if (count == 1) workers_.notify_one();
  if (count > 1) workers_.notify_all();
}

/// Into the local queue. What its user has too many of already goes back for a moment.
void Engine::take_in(std::vector<JobRow> jobs) {
  if (metrics_ != nullptr) {
    for (const JobRow& row : jobs) metrics_->of(row.job.kind).claimed(1);
  }
  if (!limits_.any()) {
    std::move(jobs.begin(), jobs.end(), std::back_inserter(queue_));
    return;
  }
  std::vector<Ending> back;
  for (JobRow& row : jobs) {
    if (!limits_.is_limited(row.job.kind) || limits_.accept(row)) {
      queue_.push_back(std::move(row));
      continue;
    }
    Ending ending;
    ending.how = Ending::How::snoozed;
    ending.delay = sent_back_for + jitter(sent_back_for, *parts_.random);
    ending.row = std::move(row);
    back.push_back(std::move(ending));
  }
  limits_.claimed(parts_.clock->steady_now());
  sent_back_ += static_cast<std::int64_t>(back.size());
  put_back(std::move(back));
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
  const microseconds poll = options_.poll;
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
    cancels = !held_nothing && (std::exchange(look_for_cancels_, false) || timed_out || now >= next_cancels_);
    hinted = hint_ || stopping_;
    if (std::exchange(has_arrived_, false)) look_pause_ = microseconds(0);
  }
  if (cancels) {
    next_cancels_ = now + poll;
    OMNICRM_TRY(look_for_cancels());
  }
  if (look_pause_.count() == 0) {  // something happened: more may follow soon
    look_pause_ = std::min(first_look, poll);
    next_look_ = now + look_pause_;
  }
  const bool tick = timed_out || now >= next_look_;
  if (tick) {
    look_pause_ = std::min(2 * look_pause_, poll);
    next_look_ = now + look_pause_;
  }
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
