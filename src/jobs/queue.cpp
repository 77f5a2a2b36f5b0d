#include "jobs/queue.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/errors.hpp"
#include "jobs/dialect.hpp"
#include "jobs/ending.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/fair.hpp"
#include "jobs/job_list.hpp"
#include "jobs/job_row.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

Result<JobRow> find(storage::Connection& connection, UserId user, JobId id, std::string_view lock = "") {
  std::string sql = "SELECT " OMNICRM_JOB_COLUMNS " FROM jobs WHERE user_id = ? AND id = ?";
  sql += lock;
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, user, id));
  OMNICRM_ASSIGN(const bool found, rows.next());
  if (!found) return not_found("job", id.to_string());
  return read_job(rows);
}

Result<JobRow> find_to_change(storage::Connection& connection, UserId user, JobId id) {
  return find(connection, user, id, dialect_of(connection).row_lock);
}

bool waits(JobState state) {
  return state == JobState::ready || state == JobState::scheduled;
}

Result<void> cancel_row(storage::Connection& connection, const JobRow& row, Timestamp now) {
  if (waits(row.job.state)) return write_end(connection, row, JobState::cancelled, row.job.error.text, now);
  if (row.job.state != JobState::running) return {};
  OMNICRM_TRY(storage::run(connection, "UPDATE jobs SET cancel_requested = 1 WHERE user_id = ? AND seq = ?",
                           row.user, row.seq));
  return {};
}

Result<void> revive(storage::Connection& connection, const JobRow& row, Timestamp now) {
  if (!row.job.unique_key.empty()) {
    OMNICRM_ASSIGN(const auto other,
                   take_key(connection, row.user, row.job.kind, row.job.unique_key, row.job.id));
    if (other)
      return failure(ErrorCode::failed_precondition, "job " + other->to_string() + " has the same key");
  }
  FairClock fair(connection);
  OMNICRM_ASSIGN(const std::int64_t start, fair.start(row.user, row.job.priority, 1));
  OMNICRM_TRY(fair.save());
  OMNICRM_TRY(storage::run(
      connection,
      "UPDATE jobs SET state = 'ready', virtual_time = ?, run_at = ?, attempt = 0, "
      "cancel_requested = 0, started_at = NULL, finished_at = NULL WHERE user_id = ? AND seq = ?",
      start, now, row.user, row.seq));
  return {};
}

/// A user's queue over a storage.
class SqlJobs final : public Jobs {
 public:
  SqlJobs(std::shared_ptr<storage::Storage> storage, std::shared_ptr<Clock> clock,
          std::shared_ptr<IdGenerator> ids, UserId user, std::shared_ptr<Wakeup> wakeup,
          std::shared_ptr<storage::WritePosition> written)
      : storage_(std::move(storage)),
        clock_(std::move(clock)),
        ids_(std::move(ids)),
        user_(user),
        wakeup_(std::move(wakeup)),
        written_(std::move(written)) {}

  Result<std::vector<JobId>> enqueue(const std::vector<NewJob>& jobs) override {
    OMNICRM_TRY(check(jobs));
    std::vector<JobId> made;
    OMNICRM_TRY(storage_->write(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(made, insert_jobs(connection, *clock_, *ids_, user_, jobs));
      return {};
    }));
    if (!made.empty()) wakeup_->notify();
    return made;
  }

  Result<std::vector<JobId>> enqueue_in(storage::Connection& transaction,
                                        const std::vector<NewJob>& jobs) override {
    OMNICRM_TRY(check(jobs));
    OMNICRM_ASSIGN(auto made, insert_jobs(transaction, *clock_, *ids_, user_, jobs));
    // Before the commit, but a runner looks in a write transaction of its own, which waits for this one where
    // there is a single writer; elsewhere the poll finds the jobs.
    if (!made.empty()) wakeup_->notify();
    return made;
  }

  Result<Job> get(JobId id) override {
    Job job;
    OMNICRM_TRY(storage_->read(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(JobRow row, find(connection, user_, id));
      job = std::move(row.job);
      return {};
    }));
    return job;
  }

  Result<Page<Job>> list(const JobFilter& filter, const PageRequest& page) override {
    OMNICRM_ASSIGN(const auto after, list_start(page));
    Page<Job> result;
    OMNICRM_TRY(storage_->read(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result, list_jobs(connection, user_, filter, page.limit, after));
      return {};
    }));
    return result;
  }

  Result<Job> cancel(JobId id) override {
    Job job;
    OMNICRM_TRY(storage_->write(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(JobRow row, find_to_change(connection, user_, id));
      OMNICRM_TRY(cancel_row(connection, row, clock_->now()));
      OMNICRM_ASSIGN(row, find(connection, user_, id));
      job = std::move(row.job);
      return {};
    }));
    if (job.state == JobState::running) wakeup_->cancel(id);
    return job;
  }

  Result<Job> retry(JobId id) override {
    Job job;
    OMNICRM_TRY(storage_->write(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(JobRow row, find_to_change(connection, user_, id));
      if (row.job.state != JobState::dead && row.job.state != JobState::cancelled)
        return failure(ErrorCode::failed_precondition, "only a dead or cancelled job can be retried");
      OMNICRM_TRY(revive(connection, row, clock_->now()));
      OMNICRM_ASSIGN(row, find(connection, user_, id));
      job = std::move(row.job);
      return {};
    }));
    wakeup_->notify();
    return job;
  }

  Result<std::int64_t> cancel_batch_in(storage::Connection& transaction, BatchId batch) override {
    OMNICRM_ASSIGN(const std::int64_t count, cancel_batch(transaction, user_, batch, clock_->now()));
    if (count > 0) wakeup_->cancel_many();
    return count;
  }

  Result<std::vector<KindStats>> stats() override {
    std::vector<KindStats> result;
    OMNICRM_TRY(storage_->read(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result, kind_stats(connection, user_));
      return {};
    }));
    return result;
  }

 private:
  [[nodiscard]] storage::Scope scope() const {
    return {.user = user_, .stop = {}, .written = written_.get()};
  }

  std::shared_ptr<storage::Storage> storage_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<IdGenerator> ids_;
  UserId user_;
  std::shared_ptr<Wakeup> wakeup_;
  std::shared_ptr<storage::WritePosition> written_;  // the session's; null: none
};

}  // namespace

std::unique_ptr<Jobs> make_jobs(std::shared_ptr<storage::Storage> storage, std::shared_ptr<Clock> clock,
                                std::shared_ptr<IdGenerator> ids, UserId user, std::shared_ptr<Wakeup> wakeup,
                                std::shared_ptr<storage::WritePosition> written) {
  return std::make_unique<SqlJobs>(std::move(storage), std::move(clock), std::move(ids), user,
                                   std::move(wakeup), std::move(written));
}

}  // namespace omnicrm::jobs
