#include "jobs/rounds.hpp"

#include "core/errors.hpp"
#include "jobs/dialect.hpp"
#include "jobs/process.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {

Rounds::Rounds(const RunnerParts& parts, const RunnerOptions& options)
    : parts_(parts), options_(options), worker_{parts.ids->make<WorkerId>(), worker_name(options.name), {}} {}

// A worker that did not come to beat itself (a suspended laptop, a stopped process, a clock set forward)
// gives the others the time to beat before it declares them dead.
bool Rounds::may_judge_by_age(Timestamp now) const {
  return !last_beat_ || now - *last_beat_ < options_.lease / 2;
}

Result<RoundResult> Rounds::write(const RoundOrder& order) {
  const Timestamp now = parts_.clock->now();
  const auto lease = parts_.ids->make<LeaseId>();
  Worker reborn{parts_.ids->make<WorkerId>(), worker_.name, now};
  RoundResult result;
  Worker self;
  OMNICRM_TRY(parts_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    result = {};
    self = worker_;
    self.heartbeat_at = now + order.ahead;
    bool alive = false;
    if (registered_) {
      OMNICRM_ASSIGN(alive, beat(connection, self.id, self.heartbeat_at));
      result.lost = !alive;
      if (!alive) self = reborn;
    }
    if (!alive) OMNICRM_TRY(register_worker(connection, self));
    for (const auto& [row, progress] : order.progress) OMNICRM_TRY(write_progress(connection, row, progress));
    OMNICRM_ASSIGN(result.summary, write_endings(connection, order.endings, now));
    if (order.recover) {
      OMNICRM_ASSIGN(const auto dead,
                     dead_workers(connection, self.id, now, options_.lease, may_judge_by_age(now)));
      for (const Worker& worker : dead) {
        OMNICRM_ASSIGN(const std::int64_t taken, jobs::recover(connection, worker, now));
        result.recovered += taken;
      }
    }
    if (order.shares.empty()) return {};
    OMNICRM_TRY(promote_due(connection, now));
    OMNICRM_ASSIGN(result.claim, claim(connection, {self.id, lease, now, order.shares, order.restarts}));
    return {};
  }));
  worker_ = self;
  registered_ = true;
  last_beat_ = now;
  return result;
}

Result<Glance> Rounds::look(const std::string& kinds) {
  const Timestamp now = parts_.clock->now();
  Glance glance;
  OMNICRM_TRY(parts_.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    const JobsDialect& dialect = dialect_of(connection);
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, dialect.select_exists, kinds));
    OMNICRM_TRY(rows.next());
    glance.ready = rows.get<bool>(0);
    glance.running = rows.get<bool>(1);
    OMNICRM_ASSIGN(glance.next_due,
                   storage::query_one<Timestamp>(connection, dialect.select_next_due, kinds));
    OMNICRM_ASSIGN(const auto dead,
                   dead_workers(connection, worker_.id, now, options_.lease, may_judge_by_age(now)));
    glance.dead = !dead.empty();
    return {};
  }));
  return glance;
}

Result<std::vector<JobId>> Rounds::cancels() {
  std::vector<JobId> jobs;
  OMNICRM_TRY(parts_.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    jobs.clear();
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(connection, dialect_of(connection).select_cancels, worker_.id));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return {};
      jobs.push_back(rows.get<JobId>(0));
    }
  }));
  return jobs;
}

Result<void> Rounds::retire() {
  if (!registered_) return {};
  registered_ = false;
  return parts_.storage->write(
      {}, [&](storage::Connection& connection) { return jobs::retire(connection, worker_.id); });
}

}  // namespace omnicrm::jobs
