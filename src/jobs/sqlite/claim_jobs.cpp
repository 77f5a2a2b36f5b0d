#include "jobs/sqlite/claim_jobs.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "jobs/sqlite/fair_clock.hpp"
#include "jobs/sqlite/limits.hpp"
#include "jobs/sqlite/line_merge.hpp"
#include "jobs/sqlite/pauses.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

// Touches jobs_ready and jobs_running; the other indexes have none of these columns.
constexpr char update_claimed[] =
    "UPDATE jobs SET state = 'running', lease_id = ?, attempt = attempt + 1, started_at = ? "
    "WHERE user_id = ? AND seq = ?";
constexpr char select_due[] =
    "SELECT seq, user_id, kind, priority, virtual_time FROM jobs WHERE state = 'scheduled' AND run_at <= ? "
    "ORDER BY run_at, seq LIMIT 500";
constexpr char select_next_due[] =
    "SELECT run_at FROM jobs WHERE state = 'scheduled' ORDER BY run_at LIMIT 1";
constexpr char select_next_due_of[] =
    "SELECT run_at FROM jobs WHERE state = 'scheduled' AND kind IN (SELECT value FROM json_each(?)) "
    "ORDER BY run_at LIMIT 1";
// Of each kind asked for: whether it has ready jobs, whether all have it paused, until when its period is
// full, whether as many run as may.
constexpr char select_kinds[] =
    "SELECT EXISTS (SELECT 1 FROM jobs AS j WHERE j.state = 'ready' AND j.is_parked = 0 AND j.kind = "
    "k.value), "
    "EXISTS (SELECT 1 FROM job_pauses AS p WHERE p.user_id = ?2 AND p.kind = k.value), "
    "coalesce((SELECT blocked_until FROM job_rates AS r WHERE r.kind = k.value), 0), "
    "coalesce((SELECT max_global FROM job_rates AS r WHERE r.kind = k.value), 0), k.value "
    "FROM json_each(?1) AS k";
constexpr char select_running[] =
    "SELECT EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND kind IN (SELECT "
    "value FROM json_each(?)))";
constexpr char count_running[] =
    "SELECT count(*) FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND kind = ?";

constexpr std::size_t most_parked = 2'000;
constexpr UserId everybody{};

struct Due {
  std::int64_t seq = 0;
  UserId user;
  std::string kind;
  std::int64_t priority = 0;
  std::int64_t cost = 1;
};

Result<std::vector<Due>> due_jobs(storage::Connection& connection, Timestamp now) {
  std::vector<Due> due;
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, select_due, now));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return due;
    due.push_back({rows.get<std::int64_t>(0), rows.get<UserId>(1), rows.get<std::string>(2),
                   rows.get<std::int64_t>(3), std::max<std::int64_t>(1, rows.get<std::int64_t>(4))});
  }
}

void at_the_latest(std::optional<Timestamp>& due, std::optional<Timestamp> other) {
  if (other && (!due || *other < *due)) due = other;
}

/// One claim.
class Claiming {
 public:
  Claiming(storage::Connection& connection, const RoundCall& call, WorkerId worker, const RoundOrder& order)
      : connection_(connection),
        call_(call),
        worker_(worker),
        order_(order),
        restarts_(order.restarts),
        pauses_(connection) {}

  Result<Claim> run() {
    OMNICRM_TRY(pauses_.read());
    for (const KindShare& share : order_.shares) OMNICRM_TRY(choose(share));
    if (!claim_.more) {
      OMNICRM_ASSIGN(const auto due, storage::query_one<Timestamp>(connection_, select_next_due));
      at_the_latest(claim_.next_due, due);
    }
    if (!claim_.jobs.empty()) OMNICRM_TRY(take());
    return std::move(claim_);
  }

 private:
  Result<void> choose(const KindShare& share) {
    if (share.limit == 0) return {};
    std::vector<std::string> kinds;
    const boost::json::value names = boost::json::parse(share.kinds);
    for (const auto& name : names.as_array()) {
      std::string kind(name.as_string());
      if (!pauses_.for_all(kind)) kinds.push_back(std::move(kind));
    }
    if (kinds.empty()) return {};
    if (share.max_global <= 0 && share.rate_limit <= 0) {
      OMNICRM_ASSIGN(const std::size_t taken, choose(kinds, share.limit));
      claim_.more = claim_.more || taken == share.limit;
      return {};
    }
    if (kinds.size() > 1) return failure(ErrorCode::internal, "a limit of all processes is one kind's");
    KindLimit limit(connection_, kinds.front(), share, call_.now);
    OMNICRM_ASSIGN(const std::size_t allowed, limit.allowed());
    OMNICRM_ASSIGN(const std::size_t taken, choose(kinds, allowed));
    OMNICRM_TRY(limit.took(taken));
    // Where a limit ended the claim, asking again at once would find nothing.
    claim_.more = claim_.more || (taken == share.limit && !limit.next());
    if (limit.next()) at_the_latest(claim_.next_due, limit.next());
    return {};
  }

  /// Gives how many were chosen.
  Result<std::size_t> choose(const std::vector<std::string>& kinds, std::size_t limit) {
    std::size_t taken = 0;
    std::vector<std::int64_t> parked;
    LineMerge line(connection_);
    if (limit > 0) OMNICRM_TRY(line.open(kinds));
    while (taken < limit) {
      JobRow row;
      OMNICRM_ASSIGN(const bool any, line.next(row));
      if (!any) break;
      OMNICRM_ASSIGN(const bool is_paused, pauses_.of_user(row.user, row.job.kind));
      if (is_paused) {
        parked.push_back(row.seq);
        if (parked.size() < most_parked) continue;
        claim_.more = true;
        break;
      }
      if (row.job.attempt > 0) {
        if (restarts_ == 0) {
          claim_.restarts_left = true;
          continue;
        }
        --restarts_;
      }
      claim_.jobs.push_back(std::move(row));
      ++taken;
    }
    parked_.insert(parked_.end(), parked.begin(), parked.end());
    return taken;
  }

  Result<void> take() {
    std::sort(claim_.jobs.begin(), claim_.jobs.end(), [](const JobRow& a, const JobRow& b) {
      return std::tie(a.job.priority, a.job.virtual_time, a.seq) <
             std::tie(b.job.priority, b.job.virtual_time, b.seq);
    });
    OMNICRM_TRY(storage::run(connection_,
                             "INSERT INTO job_leases (id, worker_id, claimed_at) VALUES (?, ?, ?)",
                             call_.lease, worker_, call_.now));
    OMNICRM_ASSIGN(const storage::StatementPtr update, connection_.prepare(update_claimed));
    std::map<std::int64_t, std::int64_t> latest;  // by priority; the jobs come in that order
    for (JobRow& row : claim_.jobs) {
      storage::bind_value(*update, 0, call_.lease);
      storage::bind_value(*update, 1, call_.now);
      storage::bind_value(*update, 2, row.user);
      storage::bind_value(*update, 3, row.seq);
      OMNICRM_TRY(update->step());
      update->reset();
      row.job.state = JobState::running;
      row.job.lease_id = call_.lease;
      row.job.started_at = call_.now;
      ++row.job.attempt;
      latest[row.job.priority] = row.job.virtual_time;
    }
    for (const auto& [priority, start] : latest) OMNICRM_TRY(pass(connection_, priority, start));
    return {};
  }

 public:
  /// After the lines are closed.
  Result<void> park() {
    for (const std::int64_t seq : parked_) OMNICRM_TRY(pauses_.park(seq));
    return {};
  }

 private:
  storage::Connection& connection_;
  const RoundCall& call_;
  WorkerId worker_;
  const RoundOrder& order_;
  std::size_t restarts_;
  Pauses pauses_;
  Claim claim_;
  std::vector<std::int64_t> parked_;
};

}  // namespace

Result<void> promote_due(storage::Connection& connection, Timestamp now) {
  OMNICRM_ASSIGN(const auto due, due_jobs(connection, now));
  if (due.empty()) return {};
  FairClock fair(connection);
  for (const Due& job : due) {
    OMNICRM_ASSIGN(const std::int64_t start, fair.start(job.user, job.kind, job.priority, job.cost));
    OMNICRM_TRY(storage::run(
        connection, "UPDATE jobs SET state = 'ready', virtual_time = ? WHERE user_id = ? AND seq = ?", start,
        job.user, job.seq));
  }
  return fair.save();
}

Result<Claim> claim_jobs(storage::Connection& connection, const RoundCall& call, WorkerId worker,
                         const RoundOrder& order) {
  Claiming claiming(connection, call, worker, order);
  OMNICRM_ASSIGN(Claim claim, claiming.run());
  OMNICRM_TRY(claiming.park());
  return claim;
}

Result<Glance> glance_at(storage::Connection& connection, const std::string& kinds, Timestamp now) {
  Glance glance;
  {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, select_kinds, kinds, everybody));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      if (!rows.get<bool>(0) || rows.get<bool>(1)) continue;
      const auto blocked_until = rows.get<Timestamp>(2);
      if (blocked_until > now) {
        at_the_latest(glance.next_due, blocked_until);
        continue;
      }
      const auto most = rows.get<std::int64_t>(3);
      const auto kind = rows.get<std::string>(4);
      std::int64_t running = 0;
      if (most > 0) {
        OMNICRM_ASSIGN(const auto counted, storage::query_one<std::int64_t>(connection, count_running, kind));
        running = counted.value_or(0);
      }
      glance.ready = glance.ready || most == 0 || running < most;
    }
  }
  OMNICRM_ASSIGN(const auto running, storage::query_one<bool>(connection, select_running, kinds));
  glance.running = running.value_or(false);
  OMNICRM_ASSIGN(const auto due, storage::query_one<Timestamp>(connection, select_next_due_of, kinds));
  at_the_latest(glance.next_due, due);
  return glance;
}

}  // namespace omnicrm::jobs::sqlite
