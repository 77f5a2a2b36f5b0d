#include "jobs/schedule_tick.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "jobs/cron.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/schedules.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::string_view office = "schedules";
constexpr std::chrono::minutes punctual{1};
constexpr std::chrono::hours correction{3};
constexpr std::size_t most_missed = 1'000;

/// Reads the row that is there afterwards: the one that was written, or the other leader's.
constexpr char take_sql[] =
    "INSERT INTO leaders (name, holder, until) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE "
    "SET holder = excluded.holder, until = excluded.until "
    "WHERE leaders.holder = ?2 OR leaders.until <= ?4 OR leaders.until > ?5";

struct Lease {
  bool mine = false;
  Timestamp until{};
};

Result<Lease> take_lease(const TickParts& parts, Timestamp now) {
  Lease lease;
  OMNICRM_TRY(parts.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    lease = {.mine = true, .until = now + parts.lease};
    OMNICRM_ASSIGN(const std::int64_t taken, storage::execute(connection, take_sql, office, parts.worker,
                                                              lease.until, now, now + 2 * parts.lease));
    if (taken > 0) return {};
    OMNICRM_ASSIGN(const auto until, storage::query_one<Timestamp>(
                                         connection, "SELECT until FROM leaders WHERE name = ?", office));
    lease = {.mine = false, .until = until.value_or(now)};
    return {};
  }));
  return lease;
}

/// What a schedule does now.
struct Step {
  std::vector<Timestamp> fires;  // each is a job
  std::optional<Timestamp> next;
};

Step next_step(const Schedule& schedule, const Cron& cron, Timestamp now, Timestamp missed_before) {
  Step step{.fires = {}, .next = cron.next(now)};
  const Timestamp from = schedule.next_at.value_or(now);
  if (from > now) return step;  // the clock was set back
  // The time that stands in the row was promised, also when the zone's rules have changed since.
  if (schedule.catch_up == CatchUp::all) {
    step.fires = cron.between(from, now, most_missed);
    if (step.fires.empty()) step.fires = {from};
    return step;
  }
  const Timestamp latest = cron.last(from, now).value_or(from);
  if (schedule.catch_up == CatchUp::once || latest >= missed_before) step.fires = {latest};
  return step;
}

std::vector<NewJob> jobs_of(const Schedule& schedule, std::size_t count) {
  NewJob job;
  job.kind = schedule.kind;
  job.payload = schedule.payload;
  job.priority = schedule.priority;
  if (schedule.unique) {
    job.unique_key = "schedule:" + schedule.id.to_string();
    count = std::min<std::size_t>(count, 1);  // more would be doubles of the first
  }
  return std::vector<NewJob>(count, job);
}

/// Whether the fault is the schedule's own, so that trying again would end the same.
bool is_its_own(const Error& error) {
  using enum ErrorCode;
  return !error.retryable &&
         (error.code == invalid_argument || error.code == failed_precondition || error.code == data_loss ||
          error.code == unsupported || error.code == not_found);
}

class Tick {
 public:
  Tick(const TickParts& parts, Timestamp now) : parts_(parts), now_(now) {}

  Result<TickResult> run() {
    OMNICRM_TRY(parts_.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result_.next_at, next_due(connection));
      OMNICRM_ASSIGN(due_, due_schedules(connection, now_, now_ + correction, parts_.limit));
      return {};
    }));
    if (due_.empty()) return result_;
    OMNICRM_ASSIGN(const Lease lease, take_lease(parts_, now_));
    if (!lease.mine) {
      result_.next_at = lease.until;
      return result_;
    }
    result_.leads = true;
    for (const ScheduleRow& row : due_) serve(row);
    if (result_.jobs > 0) parts_.wakeup->notify();
    return reckon_next();
  }

 private:
  void serve(const ScheduleRow& row) {
    const auto outcome = fire(row);
    if (outcome) return;
    const Error& error = outcome.error();
    parts_.logger->write(observe::Level::warning, "schedule",
                         "schedule " + row.schedule.id.to_string() + ": " + error.message);
    if (is_its_own(error) && stop(row, error)) {
      ++result_.stopped;
    } else {
      ++result_.waiting;
    }
  }

  Result<void> fire(const ScheduleRow& row) {
    const Schedule& schedule = row.schedule;
    OMNICRM_ASSIGN(const Cron cron, Cron::parse(schedule.cron, schedule.zone));
    const Step step = next_step(schedule, cron, now_,
                                now_ - std::max<std::chrono::milliseconds>(punctual, 2 * parts_.lease));
    const auto jobs = jobs_of(schedule, step.fires.size());
    OMNICRM_TRY(check(jobs));
    auto last = step.fires.empty() ? schedule.last_at : std::optional(step.fires.back());
    if (last > now_) last.reset();  // of a clock that was wrong
    bool moved = false;
    OMNICRM_TRY(parts_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(moved, advance_schedule(connection, row, step.next, last));
      if (!moved || jobs.empty()) return {};
      OMNICRM_TRY(parts_.wakeup->store(connection.dialect())
                      .enqueue(connection, {*parts_.clock, *parts_.ids}, row.user, jobs));
      return {};
    }));
    if (moved && !jobs.empty()) {
      ++result_.fired;
      result_.jobs += static_cast<std::int64_t>(jobs.size());
    }
    return {};
  }

  bool stop(const ScheduleRow& row, const Error& error) {
    bool stopped = false;
    const auto written = parts_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(stopped, stop_schedule(connection, row, error, now_));
      return {};
    });
    return written && stopped;
  }

  Result<TickResult> reckon_next() {
    OMNICRM_TRY(parts_.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result_.next_at, next_due(connection));
      return {};
    }));
    return result_;
  }

  const TickParts& parts_;
  const Timestamp now_;
  std::vector<ScheduleRow> due_;
  TickResult result_;
};

}  // namespace

Result<TickResult> tick(const TickParts& parts, Timestamp now) {
  return Tick(parts, now).run();
}

Result<void> resign(const TickParts& parts) {
  return parts.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    return storage::run(connection, "DELETE FROM leaders WHERE name = ? AND holder = ?", office,
                        parts.worker);
  });
}

}  // namespace omnicrm::jobs
