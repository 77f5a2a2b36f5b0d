#include "jobs/rounds.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "jobs/process.hpp"

namespace omnicrm::jobs {

Rounds::Rounds(const RunnerParts& parts, const RunnerOptions& options)
    : parts_(parts), options_(options), worker_{parts.ids->make<WorkerId>(), worker_name(options.name), {}} {}

// A worker that did not come to beat itself (a suspended laptop, a stopped process, a clock set forward)
// gives the others the time to beat before it declares them dead.
bool Rounds::may_judge_by_age(Timestamp now) const {
  return !last_round_ || now - *last_round_ < options_.lease / 2;
}

JobStore& Rounds::store() const {
  return parts_.wakeup->store(parts_.storage->dialect());
}

RoundCall Rounds::call(Timestamp now) const {
  RoundCall call;
  const std::lock_guard lock(mutex_);
  call.self = worker_;
  call.registered = registered_;
  call.now = now;
  call.lease_time = options_.lease;
  call.judge_by_age = may_judge_by_age(now);
  return call;
}

Result<RoundResult> Rounds::write(const RoundOrder& order) {
  RoundCall round = call(parts_.clock->now());
  round.self.heartbeat_at = round.now + order.ahead;
  round.reborn = {parts_.ids->make<WorkerId>(), worker_.name, round.now};
  round.lease = parts_.ids->make<LeaseId>();
  RoundResult result;
  OMNICRM_TRY(parts_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(result, store().round(connection, round, order));
    return {};
  }));
  store().committed(round, order, result);
  last_round_ = round.now;
  const std::lock_guard lock(mutex_);
  worker_ = result.lost ? round.reborn : round.self;
  registered_ = true;
  last_beat_ = std::max(last_beat_.value_or(round.now), round.now);
  return result;
}

Result<bool> Rounds::beat(std::chrono::milliseconds age) {
  const Timestamp now = parts_.clock->now();
  WorkerId self;
  {
    const std::lock_guard lock(mutex_);
    if (!registered_ || (last_beat_ && now - *last_beat_ < age && *last_beat_ <= now)) return false;
    self = worker_.id;
  }
  bool alive = false;
  OMNICRM_TRY(parts_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(alive, store().beat(connection, self, now));
    return {};
  }));
  const std::lock_guard lock(mutex_);
  if (!alive || worker_.id != self) return false;  // one that is not alive learns it in its next round
  last_beat_ = now;
  return true;
}

WorkerId Rounds::worker() const {
  const std::lock_guard lock(mutex_);
  return worker_.id;
}

Result<Glance> Rounds::look(const std::string& kinds) {
  const RoundCall glance = call(parts_.clock->now());
  Glance seen;
  OMNICRM_TRY(parts_.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(seen, store().look(connection, glance, kinds));
    return {};
  }));
  return seen;
}

Result<std::vector<JobId>> Rounds::cancels() {
  std::vector<JobId> jobs;
  OMNICRM_TRY(parts_.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(jobs, store().cancels(connection, worker()));
    return {};
  }));
  return jobs;
}

Result<void> Rounds::retire() {
  const WorkerId self = worker();
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(registered_, false)) return {};
  }
  return parts_.storage->write(
      {}, [&](storage::Connection& connection) { return store().retire(connection, self); });
}

}  // namespace omnicrm::jobs
