#include "jobs/sqlite/waits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

constexpr char select_open[] =
    "SELECT EXISTS (SELECT 1 FROM jobs WHERE user_id = ? AND batch_id = ? AND batch_id IS NOT NULL AND "
    "finished_at IS NULL)";
// Who waits for the batch, and what the new job waits for, as far as that waits itself: if they meet, nobody
// of them would ever start.
constexpr char select_circle[] =
    "WITH RECURSIVE behind (id) AS ("
    " SELECT CAST(?2 AS BLOB) WHERE ?2 IS NOT NULL"
    " UNION SELECT id FROM jobs WHERE user_id = ?1 AND batch_id = ?3 AND batch_id IS NOT NULL AND "
    "   finished_at IS NULL AND state = 'waiting'"
    " UNION SELECT w.on_job FROM behind AS b JOIN job_waits AS w ON w.user_id = ?1 AND w.job_id = b.id"
    "   WHERE w.on_job IS NOT NULL"
    " UNION SELECT j.id FROM behind AS b JOIN job_waits AS w ON w.user_id = ?1 AND w.job_id = b.id"
    "   JOIN jobs AS j ON j.user_id = ?1 AND j.batch_id = w.on_batch AND j.finished_at IS NULL AND "
    "   j.state = 'waiting' WHERE w.on_batch IS NOT NULL) "
    "SELECT EXISTS (SELECT 1 FROM job_waits AS w WHERE w.user_id = ?1 AND w.on_batch = ?4 AND "
    "w.on_batch IS NOT NULL AND w.job_id IN (SELECT id FROM behind))";

std::string cancelled_by(JobId job, JobState state) {
  return error_json({ErrorCode::failed_precondition,
                     fmt::format("job {}, which it waited for, is {}", job.to_string(),
                                 state == JobState::dead ? "dead" : "cancelled"),
                     fmt::format(R"({{"job":"{}"}})", job.to_string()), false, false});
}

Result<bool> exists(Result<std::optional<bool>> answer) {
  if (!answer) return fail(std::move(answer).error());
  return answer->value_or(false);
}

/// Whether the job would wait for the batch that it is in.
Result<bool> is_circle(storage::Connection& connection, UserId user, const NewJob& job, const Waits& waits) {
  if (!job.batch_id || !waits.any()) return false;
  OMNICRM_ASSIGN(const bool waited_for, exists(storage::query_one<bool>(
                                            connection,
                                            "SELECT EXISTS (SELECT 1 FROM job_waits WHERE user_id = ? AND "
                                            "on_batch = ? AND on_batch IS NOT NULL)",
                                            user, *job.batch_id)));
  if (!waited_for) return false;
  const std::optional<BatchId> batch = waits.on_batch ? job.after_batch : std::nullopt;
  if (batch) {
    const std::optional<JobId> none;
    OMNICRM_ASSIGN(const bool found, exists(storage::query_one<bool>(connection, select_circle, user, none,
                                                                     batch, *job.batch_id)));
    if (found) return true;
  }
  for (const JobId& on : waits.on_jobs) {
    const std::optional<BatchId> none;
    OMNICRM_ASSIGN(const bool found, exists(storage::query_one<bool>(connection, select_circle, user, on,
                                                                     none, *job.batch_id)));
    if (found) return true;
  }
  return false;
}

Result<std::vector<JobId>> ids_of(Result<storage::Query> query) {
  OMNICRM_ASSIGN(auto rows, std::move(query));
  std::vector<JobId> ids;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return ids;
    ids.push_back(rows.get<JobId>(0));
  }
}

/// The ends of some jobs, and of those that they end.
class Settlement {
 public:
  Settlement(storage::Connection& connection, std::span<const Ended> ended, Timestamp now)
      : connection_(connection), now_(now), ended_(ended.begin(), ended.end()) {}

  Result<void> run() {
    while (!ended_.empty()) {
      const Ended one = ended_.front();
      ended_.pop_front();
      OMNICRM_TRY(one.state == JobState::done ? release(one) : cancel_dependents(one));
      // A batch is looked at once: after the last of its jobs that ended here.
      const auto same = [&one](const Ended& other) {
        return other.batch == one.batch && other.user == one.user;
      };
      if (one.batch && std::none_of(ended_.begin(), ended_.end(), same)) OMNICRM_TRY(release_batch(one));
    }
    return {};
  }

 private:
  Result<void> release(const Ended& one) {
    OMNICRM_ASSIGN(const auto dependents,
                   ids_of(storage::Query::run(connection_,
                                              "SELECT job_id FROM job_waits WHERE user_id = ? AND on_job = ?",
                                              one.user, one.job)));
    if (dependents.empty()) return {};
    OMNICRM_TRY(storage::run(connection_, "DELETE FROM job_waits WHERE user_id = ? AND on_job = ?", one.user,
                             one.job));
    return let_go_of(one.user, dependents);
  }

  Result<void> release_batch(const Ended& one) {
    OMNICRM_ASSIGN(const auto dependents,
                   ids_of(storage::Query::run(
                       connection_, "SELECT job_id FROM job_waits WHERE user_id = ? AND on_batch = ?",
                       one.user, *one.batch)));
    if (dependents.empty()) return {};
    OMNICRM_ASSIGN(const bool open,
                   exists(storage::query_one<bool>(connection_, select_open, one.user, *one.batch)));
    if (open) return {};
    OMNICRM_TRY(storage::run(connection_, "DELETE FROM job_waits WHERE user_id = ? AND on_batch = ?",
                             one.user, *one.batch));
    return let_go_of(one.user, dependents);
  }

  Result<void> let_go_of(UserId user, const std::vector<JobId>& dependents) {
    for (const JobId& id : dependents) {
      OMNICRM_ASSIGN(
          const bool waits,
          exists(storage::query_one<bool>(
              connection_, "SELECT EXISTS (SELECT 1 FROM job_waits WHERE user_id = ? AND job_id = ?)", user,
              id)));
      if (waits) continue;
      OMNICRM_ASSIGN(const JobRow row, find(connection_, user, id));
      if (row.job.state != JobState::waiting) continue;
      OMNICRM_TRY(let_go(connection_, row, row.job.virtual_time, row.job.run_at, now_));
    }
    return {};
  }

  Result<void> cancel_dependents(const Ended& one) {
    OMNICRM_ASSIGN(const auto dependents,
                   ids_of(storage::Query::run(connection_,
                                              "SELECT job_id FROM job_waits WHERE user_id = ? AND on_job = ?",
                                              one.user, one.job)));
    if (dependents.empty()) return {};
    const std::string error = cancelled_by(one.job, one.state);
    for (const JobId& id : dependents) {
      OMNICRM_TRY(forget_waits(connection_, one.user, id));
      OMNICRM_ASSIGN(const JobRow row, find(connection_, one.user, id));
      if (row.job.state != JobState::waiting) continue;
      OMNICRM_TRY(write_end(connection_, row, JobState::cancelled, error, now_));
      ended_.push_back({one.user, id, row.job.batch_id, JobState::cancelled});
    }
    return {};
  }

  storage::Connection& connection_;
  Timestamp now_;
  std::deque<Ended> ended_;
};

}  // namespace

Result<Waits> waits_of(storage::Connection& connection, UserId user, const NewJob& job, std::size_t index) {
  Waits waits;
  for (std::size_t place = 0; place < job.after_jobs.size(); ++place) {
    const JobId id = job.after_jobs[place];
    auto row = find(connection, user, id);
    if (!row) {
      if (row.error().code == ErrorCode::not_found)
        return not_found(fmt::format("jobs[{}].after_jobs[{}]", index, place), id.to_string());
      return fail(std::move(row).error());
    }
    const JobState state = row->job.state;
    if (state == JobState::done) continue;
    if (state == JobState::dead || state == JobState::cancelled) {
      waits.doomed = cancelled_by(id, state);
    } else {
      waits.on_jobs.push_back(id);
    }
  }
  if (job.after_batch) {
    OMNICRM_ASSIGN(waits.on_batch,
                   exists(storage::query_one<bool>(connection, select_open, user, *job.after_batch)));
  }
  OMNICRM_ASSIGN(const bool circle, is_circle(connection, user, job, waits));
  if (circle)
    return invalid(fmt::format("jobs[{}].{}", index, waits.on_batch ? "after_batch" : "after_jobs"),
                   "waits for the batch that the job is to be in");
  return waits;
}

Result<void> write_waits(storage::Connection& connection, UserId user, JobId job, const Waits& waits,
                         const NewJob& wish) {
  for (const JobId& on : waits.on_jobs) {
    OMNICRM_TRY(storage::run(
        connection, "INSERT INTO job_waits (user_id, job_id, on_job) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        user, job, on));
  }
  if (!waits.on_batch) return {};
  return storage::run(connection, "INSERT INTO job_waits (user_id, job_id, on_batch) VALUES (?, ?, ?)", user,
                      job, *wish.after_batch);
}

Result<void> settle(storage::Connection& connection, std::span<const Ended> ended, Timestamp now) {
  if (ended.empty()) return {};
  OMNICRM_ASSIGN(const bool anybody,
                 exists(storage::query_one<bool>(connection, "SELECT EXISTS (SELECT 1 FROM job_waits)")));
  if (!anybody) return {};
  return Settlement(connection, ended, now).run();
}

Result<void> forget_waits(storage::Connection& connection, UserId user, JobId job) {
  return storage::run(connection, "DELETE FROM job_waits WHERE user_id = ? AND job_id = ?", user, job);
}

}  // namespace omnicrm::jobs::sqlite
