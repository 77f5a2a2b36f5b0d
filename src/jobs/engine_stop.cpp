// What is done to a job while somebody has it: cancel, deadline, shutdown, loss.
#include <algorithm>
#include <iterator>
#include <utility>

#include "jobs/engine.hpp"

namespace omnicrm::jobs {
namespace {

Ending given_back(JobRow row) {
  Ending ending;
  ending.how = Ending::How::given_back;
  ending.row = std::move(row);
  return ending;
}

}  // namespace

/// The row has `cancel_requested` already: an unstarted job that is given back is written as cancelled.
void Engine::cancel_held(JobId id) {
  const auto is_it = [id](const JobRow& row) { return row.job.id == id; };
  std::vector<Ending> ended;
  if (const auto waiting = std::find_if(queue_.begin(), queue_.end(), is_it); waiting != queue_.end()) {
    JobRow row = std::move(*waiting);
    queue_.erase(waiting);
    if (limits_.any() && limits_.is_limited(row.job.kind)) limits_.leave_queue(row);
    ended.push_back(given_back(std::move(row)));
  }
  if (auto parked = limits_.take_parked(id)) ended.push_back(given_back(std::move(*parked)));
  for (const auto& slot : slots_) {
    Lock lock(slot->mutex);
    if (slot->held && is_it(slot->held->row())) slot->held->ask_stop(StopReason::cancel);
    const auto at = std::find_if(slot->group.begin(), slot->group.end(), is_it);
    if (at == slot->group.end()) continue;
    JobRow row = std::move(*at);
    slot->group.erase(at);
    lock.unlock();
    drop(std::move(row), &ended);
  }
  put_back(std::move(ended));
}

/// An admitted job that will not start. Null: its lease is lost, nothing is to be written.
void Engine::drop(JobRow row, std::vector<Ending>* ended) {
  if (limits_.any() && limits_.is_limited(row.job.kind)) {
    for (JobRow& next : limits_.ended(row.job.kind, row.user)) drop(std::move(next), ended);
  }
  if (ended != nullptr) ended->push_back(given_back(std::move(row)));
}

void Engine::drop_unstarted(std::vector<Ending>* ended) {
  for (JobRow& row : queue_) {
    if (limits_.any() && limits_.is_limited(row.job.kind)) limits_.leave_queue(row);
    if (ended != nullptr) ended->push_back(given_back(std::move(row)));
  }
  queue_.clear();
  for (JobRow& row : limits_.take_all_parked()) {
    if (ended != nullptr) ended->push_back(given_back(std::move(row)));
  }
  for (const auto& slot : slots_) {
    std::deque<JobRow> group;
    {
      const std::lock_guard lock(slot->mutex);
      group.swap(slot->group);
    }
    for (JobRow& row : group) drop(std::move(row), ended);
  }
}

void Engine::ask_all_to_stop(StopReason reason) {
  for (const auto& slot : slots_) {
    const std::lock_guard lock(slot->mutex);
    if (slot->held) slot->held->ask_stop(reason);
  }
}

void Engine::wind_down() {
  std::vector<Ending> ended;
  drop_unstarted(&ended);
  put_back(std::move(ended));
  if (grace_end_ && parts_.clock->steady_now() >= *grace_end_) ask_all_to_stop(StopReason::shutdown);
}

/// Past its deadline a handler is asked to stop. One that does not is given up another lease later: the job
/// fails and goes on elsewhere; its thread here stays taken until the handler returns.
void Engine::check_deadlines() {
  const auto now = parts_.clock->steady_now();
  std::vector<Ending> ended;
  for (const auto& slot : slots_) {
    const std::lock_guard lock(slot->mutex);
    if (!slot->held || now < slot->held->deadline()) continue;
    slot->held->ask_stop(StopReason::timeout);
    if (slot->abandoned || now < slot->held->deadline() + options_.lease) continue;
    slot->abandoned = true;
    Ending ending;
    ending.how = Ending::How::failed;
    ending.error = {
        ErrorCode::deadline_exceeded, "the handler did not stop at its deadline", {}, true, false};
    ending.row = slot->held->row();
    ended.push_back(std::move(ending));
  }
  put_back(std::move(ended));
}

/// Endings that are still to be written, into the next round; under the engine's mutex.
void Engine::put_back(std::vector<Ending> endings) {
  if (endings.empty()) return;
  pending_.fetch_add(endings.size());
  std::move(endings.begin(), endings.end(), std::back_inserter(endings_));
}

}  // namespace omnicrm::jobs
