// Which queues' jobs the calling thread is inside of: running a queue from its own job would wait for itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <omnicrm/storage/storage.hpp>

#include "core/errors.hpp"

namespace omnicrm::jobs {

/// Says for its lifetime that this thread runs a job of the storage's queue. What it knows does not stand on
/// the stack: see `storage::TransactionFrame`.
class RunningJob {
 public:
  explicit RunningJob(const storage::Storage* queue) : depth_(queues_.size()) { queues_.push_back(queue); }
  ~RunningJob() { queues_.resize(depth_); }
  RunningJob(const RunningJob&) = delete;
  RunningJob& operator=(const RunningJob&) = delete;

  /// Errors: `failed_precondition` within a job of that queue.
  [[nodiscard]] static Result<void> check_outside(const storage::Storage* queue) {
    if (std::ranges::find(queues_, queue) == queues_.end()) return {};
    return failure(ErrorCode::failed_precondition,
                   "a job cannot run or stop the queue that runs it: it would wait for itself");
  }

 private:
  static inline thread_local std::vector<const storage::Storage*> queues_;
  const std::size_t depth_;
};

}  // namespace omnicrm::jobs
