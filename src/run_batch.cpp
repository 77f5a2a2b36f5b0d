#include "run_batch.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "core/errors.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm {
namespace {

constexpr std::chrono::milliseconds between_looks{100};
/// Among so many of the user's newest undos this one is looked for.
constexpr std::int64_t recent_undos = 50;

bool has_ended(const SyncBatch& batch) {
  return batch.state != BatchState::running && batch.state != BatchState::undoing;
}

/// Runs jobs on a thread of its own (and the runner's) until nothing is left or `stop`.
class Work {
 public:
  Result<void> start(jobs::Runner& runner) {
    try {
      thread_ = std::jthread([this, &runner](std::stop_token stop) {
        auto result = runner.run_until_idle(std::move(stop));
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
        ended_.notify_all();
      });
    } catch (const std::system_error& error) {
      return failure(ErrorCode::resource_exhausted, std::string("cannot start a thread: ") + error.what());
    }
    return {};
  }

  /// Whether it has ended, after waiting a little for that.
  bool wait() {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, between_looks, [this] { return result_.has_value(); });
  }

  Result<void> end() {
    if (!thread_.joinable()) return {};
    thread_.request_stop();
    thread_.join();
    OMNICRM_TRY(*result_);
    return {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::optional<Result<jobs::RunSummary>> result_;
  std::jthread thread_;
};

/// An undo counts its rows in its job; how many there will be is not known.
BatchProgress progress_of(Session& session, const SyncBatch& batch) {
  BatchProgress progress{.state = batch.state, .done = batch.done, .total = batch.total};
  if (batch.state != BatchState::undoing) return progress;
  jobs::JobFilter filter;
  filter.kind = std::string(sync::undo_kind);
  progress.done = 0;
  progress.total = 0;
  const auto jobs = session.jobs().list(filter, {.limit = recent_undos, .cursor = {}});
  if (!jobs) return progress;
  for (const Job& job : jobs->items) {
    if (job.unique_key == batch.id.to_string()) progress.done = job.progress_done;
  }
  return progress;
}

}  // namespace

Result<SyncBatch> run_batch(jobs::Runner& runner, Session& session, BatchId id,
                            const std::function<void(const BatchProgress&)>& progress, std::stop_token stop) {
  OMNICRM_ASSIGN(SyncBatch batch, session.sync().status(id));
  Work work;
  bool is_served = runner.is_started();
  if (!has_ended(batch) && !is_served) OMNICRM_TRY(work.start(runner));
  bool is_idle = false;
  while (!has_ended(batch) && !is_idle && !stop.stop_requested()) {
    if (progress) progress(progress_of(session, batch));
    is_idle = work.wait();
    if (is_served && !runner.is_started()) {  // stopped meanwhile: nobody else runs it
      is_served = false;
      OMNICRM_TRY(work.start(runner));
    }
    OMNICRM_ASSIGN(batch, session.sync().status(id));
  }
  OMNICRM_TRY(work.end());
  OMNICRM_ASSIGN(batch, session.sync().status(id));
  if (progress) progress(progress_of(session, batch));
  if (!has_ended(batch) && stop.stop_requested()) {
    return failure(ErrorCode::cancelled, "stopped; the batch goes on when its jobs run again");
  }
  return batch;
}

}  // namespace omnicrm
