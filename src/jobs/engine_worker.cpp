// The threads that run handlers, and what is done to a job while one has it.
#include <algorithm>
#include <system_error>
#include <utility>

#include "core/errors.hpp"
#include "jobs/engine.hpp"
#include "jobs/running_job.hpp"

namespace omnicrm::jobs {

Result<void> Engine::start_threads() {
  try {
    for (std::size_t slot = 0; slot < options_.threads; ++slot) {
      threads_.emplace_back([this, slot] { work(slot); });
    }
    return {};
  } catch (const std::system_error& error) {
    return failure(ErrorCode::resource_exhausted, std::string("cannot start a thread: ") + error.what());
  }
}

void Engine::work(std::size_t slot) {
  Lock lock(mutex_);
  while (true) {
    if (queue_.empty() && !closing_) {
      ++idle_;
      if (urgent()) clerk_.notify_one();
      workers_.wait(lock, [this] { return !queue_.empty() || closing_; });
      --idle_;
    }
    if (queue_.empty()) return;
    JobRow row = std::move(queue_.front());
    queue_.pop_front();
    const auto entry = kinds_.find(row.job.kind);  // claims ask for these kinds only
    Held held(std::move(row), entry->second, *parts_.clock, *parts_.ids, parts_.wakeup.get(), &options_);
    slots_[slot] = &held;
    abandoned_[slot] = false;
    ++started_;
    if (claimable()) clerk_.notify_one();
    lock.unlock();

    Ending ending;
    {
      const RunningJob inside(parts_.storage.get());
      ending = held.run(*parts_.random);
    }

    lock.lock();
    slots_[slot] = nullptr;
    if (!abandoned_[slot]) {
      ending.row = held.take_row();
      endings_.push_back(std::move(ending));
    }
    if (endings_.size() == 1 || urgent()) clerk_.notify_one();
  }
}

void Engine::jobs_arrived() noexcept {
  const Lock lock(mutex_);
  hint_ = true;
  clerk_.notify_one();
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

/// The row has `cancel_requested` already: an unstarted job that is given back is written as cancelled.
void Engine::cancel_held(JobId id) {
  const auto is_it = [id](const JobRow& row) { return row.job.id == id; };
  if (const auto waiting = std::find_if(queue_.begin(), queue_.end(), is_it); waiting != queue_.end()) {
    Ending ending;
    ending.how = Ending::How::given_back;
    ending.row = std::move(*waiting);
    endings_.push_back(std::move(ending));
    queue_.erase(waiting);
  }
  for (Held* held : slots_) {
    if (held != nullptr && is_it(held->row())) held->ask_stop(StopReason::cancel);
  }
}

void Engine::wind_down() {
  for (JobRow& row : queue_) {
    Ending ending;
    ending.how = Ending::How::given_back;
    ending.row = std::move(row);
    endings_.push_back(std::move(ending));
  }
  queue_.clear();
  if (grace_end_ && parts_.clock->steady_now() >= *grace_end_) {
    for (Held* held : slots_) {
      if (held != nullptr) held->ask_stop(StopReason::shutdown);
    }
  }
}

/// Past its deadline a handler is asked to stop. One that does not is given up another lease later: the job
/// fails and goes on elsewhere; its thread here stays taken until the handler returns.
void Engine::check_deadlines() {
  const auto now = parts_.clock->steady_now();
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    Held* held = slots_[slot];
    if (held == nullptr || now < held->deadline()) continue;
    held->ask_stop(StopReason::timeout);
    if (abandoned_[slot] || now < held->deadline() + options_.lease) continue;
    abandoned_[slot] = true;
    Ending ending;
    ending.how = Ending::How::failed;
    ending.error = {
        ErrorCode::deadline_exceeded, "the handler did not stop at its deadline", {}, true, false};
    ending.row = held->row();
    endings_.push_back(std::move(ending));
  }
}

}  // namespace omnicrm::jobs
