#include "jobs/claim.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/errors.hpp"
#include "jobs/dialect.hpp"
#include "jobs/fair.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

// Touches jobs_ready and jobs_running; the other indexes have none of these columns.
constexpr char update_claimed[] =
    "UPDATE jobs SET state = 'running', lease_id = ?, attempt = attempt + 1, started_at = ? "
    "WHERE user_id = ? AND seq = ?";
constexpr char select_due[] =
    "SELECT seq, user_id, priority, virtual_time FROM jobs WHERE state = 'scheduled' AND run_at <= ? "
    "ORDER BY run_at, seq LIMIT 500";

struct Due {
  std::int64_t seq = 0;
  UserId user;
  std::int64_t priority = 0;
  std::int64_t cost = 1;
};

Result<std::vector<Due>> due_jobs(storage::Connection& connection, Timestamp now) {
  std::vector<Due> due;
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, select_due, now));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return due;
    due.push_back({rows.get<std::int64_t>(0), rows.get<UserId>(1), rows.get<std::int64_t>(2),
                   std::max<std::int64_t>(1, rows.get<std::int64_t>(3))});
  }
}

Result<void> choose(storage::Connection& connection, const KindShare& share, std::size_t& restarts,
                    Claim& claim) {
  if (share.limit == 0) return {};
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, dialect_of(connection).select_ready, share.kinds,
                                                share.limit));
  for (std::size_t seen = 0;; ++seen) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) {
      claim.more = claim.more || seen == share.limit;
      return {};
    }
    OMNICRM_ASSIGN(JobRow row, read_job(rows));
    if (row.job.attempt > 0) {
      if (restarts == 0) {
        claim.restarts_left = true;
        continue;
      }
      --restarts;
    }
    claim.jobs.push_back(std::move(row));
  }
}

}  // namespace

Result<void> promote_due(storage::Connection& connection, Timestamp now) {
  OMNICRM_ASSIGN(const auto due, due_jobs(connection, now));
  if (due.empty()) return {};
  FairClock fair(connection);
  for (const Due& job : due) {
    OMNICRM_ASSIGN(const std::int64_t start, fair.start(job.user, job.priority, job.cost));
    OMNICRM_TRY(storage::run(
        connection, "UPDATE jobs SET state = 'ready', virtual_time = ? WHERE user_id = ? AND seq = ?", start,
        job.user, job.seq));
  }
  return fair.save();
}

Result<Claim> claim(storage::Connection& connection, const ClaimOrder& order) {
  Claim claimed;
  std::size_t restarts = order.restarts;
  for (const KindShare& share : order.shares) OMNICRM_TRY(choose(connection, share, restarts, claimed));
  if (!claimed.more) {
    OMNICRM_ASSIGN(
        claimed.next_due,
        storage::query_one<Timestamp>(
            connection, "SELECT run_at FROM jobs WHERE state = 'scheduled' ORDER BY run_at LIMIT 1"));
  }
  if (claimed.jobs.empty()) return claimed;

  std::sort(claimed.jobs.begin(), claimed.jobs.end(), [](const JobRow& a, const JobRow& b) {
    return std::tie(a.job.priority, a.job.virtual_time, a.seq) <
           std::tie(b.job.priority, b.job.virtual_time, b.seq);
  });
  OMNICRM_TRY(storage::run(connection, "INSERT INTO job_leases (id, worker_id, claimed_at) VALUES (?, ?, ?)",
                           order.lease, order.worker, order.now));
  OMNICRM_ASSIGN(const storage::StatementPtr update, connection.prepare(update_claimed));
  std::int64_t latest = 0;
  for (JobRow& row : claimed.jobs) {
    storage::bind_value(*update, 0, order.lease);
    storage::bind_value(*update, 1, order.now);
    storage::bind_value(*update, 2, row.user);
    storage::bind_value(*update, 3, row.seq);
    OMNICRM_TRY(update->step());
    update->reset();
    row.job.state = JobState::running;
    row.job.lease_id = order.lease;
    row.job.started_at = order.now;
    ++row.job.attempt;
    latest = std::max(latest, row.job.virtual_time);
  }
  OMNICRM_TRY(pass(connection, latest));
  return claimed;
}

}  // namespace omnicrm::jobs
