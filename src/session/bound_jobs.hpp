// A user's queue inside a transaction that is open.
#pragma once

#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <omnicrm/jobs/queue.hpp>

#include "core/errors.hpp"

namespace omnicrm {

/// Enqueues in the transaction; the rest waits until it is over. Must not outlive the transaction.
class BoundJobs final : public jobs::Jobs {
 public:
  BoundJobs(std::shared_ptr<jobs::Jobs> jobs, storage::Connection& transaction)
      : jobs_(std::move(jobs)), transaction_(transaction) {}

  Result<std::vector<JobId>> enqueue(const std::vector<jobs::NewJob>& jobs) override {
    if (thread_ != std::this_thread::get_id()) {
      return failure(ErrorCode::failed_precondition,
                     "a transaction belongs to the thread that its work runs on");
    }
    return jobs_->enqueue_in(transaction_, jobs);
  }
  Result<std::vector<JobId>> enqueue_in(storage::Connection& transaction,
                                        const std::vector<jobs::NewJob>& jobs) override {
    return jobs_->enqueue_in(transaction, jobs);
  }
  Result<std::int64_t> cancel_batch_in(storage::Connection& transaction, BatchId batch) override {
    return jobs_->cancel_batch_in(transaction, batch);
  }
  Result<Job> get(JobId) override { return not_here(); }
  Result<Page<Job>> list(const jobs::JobFilter&, const PageRequest&) override { return not_here(); }
  Result<Job> cancel(JobId) override { return not_here(); }
  Result<Job> retry(JobId) override { return not_here(); }
  Result<std::vector<jobs::KindStats>> stats() override { return not_here(); }
  Result<std::vector<jobs::JobFailure>> failures(JobId) override { return not_here(); }
  Result<void> remove(JobId) override { return not_here(); }
  Result<void> pause(std::string_view) override { return not_here(); }
  Result<void> resume(std::string_view) override { return not_here(); }

 private:
  static tl::unexpected<Error> not_here() {
    return failure(ErrorCode::failed_precondition, "inside a transaction jobs can only be enqueued");
  }

  std::shared_ptr<jobs::Jobs> jobs_;
  storage::Connection& transaction_;
  const std::thread::id thread_ = std::this_thread::get_id();
};

}  // namespace omnicrm
