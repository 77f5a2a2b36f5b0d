#include "jobs/queue.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "jobs/coalescer.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/job_list.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs {
namespace {

/// The jobs, each with a trace if the calling thread has one; copied only then.
std::span<const NewJob> with_caller_trace(const std::vector<NewJob>& jobs, std::vector<NewJob>& copy) {
  const std::string trace = caller_trace();
  if (trace.empty()) return jobs;
  copy = jobs;
  for (NewJob& job : copy) {
    if (job.trace.empty()) job.trace = trace;
  }
  return copy;
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
    std::vector<NewJob> traced;  // another caller's thread may write them: its trace is not theirs
    OMNICRM_ASSIGN(auto made, wakeup_->coalescer().enqueue(*storage_, store(), {*clock_, *ids_}, scope(),
                                                           with_caller_trace(jobs, traced)));
    if (!made.empty()) wakeup_->notify();
    return made;
  }

  Result<std::vector<JobId>> enqueue_in(storage::Connection& transaction,
                                        const std::vector<NewJob>& jobs) override {
    OMNICRM_TRY(check(jobs));
    OMNICRM_ASSIGN(auto made, store().enqueue(transaction, {*clock_, *ids_}, user_, jobs));
    // Before the commit, but a runner looks in a write transaction of its own, which waits for this one where
    // there is a single writer; elsewhere the poll finds the jobs.
    if (!made.empty()) wakeup_->notify();
    return made;
  }

  Result<Job> get(JobId id) override {
    Job job;
    OMNICRM_TRY(storage_->read(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(job, store().get(connection, user_, id));
      return {};
    }));
    return job;
  }

  Result<Page<Job>> list(const JobFilter& filter, const PageRequest& page) override {
    OMNICRM_ASSIGN(const auto after, list_start(page));
    Page<Job> result;
    OMNICRM_TRY(storage_->read(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result, store().list(connection, user_, filter, page.limit, after));
      return {};
    }));
    return result;
  }

  Result<Job> cancel(JobId id) override {
    Job job;
    OMNICRM_TRY(storage_->write(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(job, store().cancel(connection, user_, id, clock_->now()));
      return {};
    }));
    if (job.state == JobState::running) wakeup_->cancel(id);
    return job;
  }

  Result<Job> retry(JobId id) override {
    Job job;
    OMNICRM_TRY(storage_->write(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(job, store().retry(connection, user_, id, clock_->now()));
      return {};
    }));
    wakeup_->notify();
    return job;
  }

  Result<std::int64_t> cancel_batch_in(storage::Connection& transaction, BatchId batch) override {
    OMNICRM_ASSIGN(const std::int64_t count, store().cancel_batch(transaction, user_, batch, clock_->now()));
    if (count > 0) wakeup_->cancel_many();
    return count;
  }

  Result<std::vector<KindStats>> stats() override {
    std::vector<KindStats> result;
    OMNICRM_TRY(storage_->read(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result, store().stats(connection, user_));
      return {};
    }));
    return result;
  }

  Result<std::vector<JobFailure>> failures(JobId id) override {
    std::vector<JobFailure> result;
    OMNICRM_TRY(storage_->read(scope(), [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result, store().failures(connection, user_, id));
      return {};
    }));
    return result;
  }

  Result<void> remove(JobId id) override {
    return storage_->write(
        scope(), [&](storage::Connection& connection) { return store().remove(connection, user_, id); });
  }

  Result<void> pause(std::string_view kind) override {
    OMNICRM_TRY(check_kind(kind));
    return storage_->write(scope(), [&](storage::Connection& connection) {
      return store().pause(connection, user_, kind, clock_->now());
    });
  }

  Result<void> resume(std::string_view kind) override {
    OMNICRM_TRY(check_kind(kind));
    OMNICRM_TRY(storage_->write(scope(), [&](storage::Connection& connection) {
      return store().resume(connection, user_, kind, clock_->now());
    }));
    wakeup_->notify();
    return {};
  }

 private:
  [[nodiscard]] storage::Scope scope() const {
    return {.user = user_, .stop = {}, .written = written_.get()};
  }

  [[nodiscard]] JobStore& store() const { return wakeup_->store(storage_->dialect()); }

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
