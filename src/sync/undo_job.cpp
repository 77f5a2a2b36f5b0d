// The job `undo_batch`: back to the state before the batch.
//
// The rows that the batch made go, the rows that it changed get their old values, last change first. Each
// step is a transaction that takes its own work off the list, so that a job that was killed goes on where it
// was.
#include <vector>

#include "core/errors.hpp"
#include "model/json.hpp"
#include "repository/audit_log.hpp"
#include "repository/undo_rows.hpp"
#include "sync/batch_store.hpp"
#include "sync/job_payloads.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::int64_t step_rows = 500;

class Undo {
 public:
  Undo(const Parts& parts, jobs::Context& context, BatchId batch)
      : context_(context), unit_(parts.environment, context.user(), "job"), batch_id_(batch) {}

  Result<jobs::Outcome> run() {
    OMNICRM_ASSIGN(const SyncBatch batch, unit_.read([&](storage::Connection& connection) {
      return load_batch(connection, unit_.user(), batch_id_);
    }));
    if (batch.state != BatchState::undoing) return jobs::Outcome::done();
    for (const repository::UndoStep step : repository::undo_steps) OMNICRM_TRY(repeat(step));
    OMNICRM_TRY(unit_.write([&](storage::Connection& connection) { return finish(connection); }));
    return jobs::Outcome::done();
  }

 private:
  Result<void> repeat(repository::UndoStep step) {
    while (true) {
      if (context_.stop().stop_requested()) {
        return fail({.code = ErrorCode::cancelled, .message = "stopped", .details = {}, .retryable = true});
      }
      OMNICRM_ASSIGN(const std::int64_t rows, unit_.write([&](storage::Connection& connection) {
        return step(connection, unit_.bound(connection), batch_id_, step_rows);
      }));
      if (rows == 0) return {};
      rows_ += rows;
      context_.progress(rows_, 0, "undo");
    }
  }

  Result<void> finish(storage::Connection& connection) {
    OMNICRM_ASSIGN(SyncBatch batch, load_batch(connection, unit_.user(), batch_id_));
    batch.state = BatchState::undone;
    batch.undone_at = unit_.now();
    OMNICRM_TRY(store_batch(connection, unit_.user(), batch));
    OMNICRM_TRY(repository::append_audit(connection, unit_, "sync.undone", "batch", batch_id_.to_string(),
                                         "{\"rows\":" + std::to_string(rows_) + "}"));
    return context_.complete_in(connection);
  }

  jobs::Context& context_;
  repository::Unit unit_;
  BatchId batch_id_;
  std::int64_t rows_ = 0;
};

class UndoHandler final : public jobs::Handler {
 public:
  explicit UndoHandler(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] jobs::KindOptions options() const override { return {.timeout = std::chrono::hours(12)}; }

  Result<jobs::Outcome> run(jobs::Context& context) override {
    OMNICRM_ASSIGN(const BatchJob payload, from_json<BatchJob>(context.job().payload.text));
    return Undo(*parts_, context, payload.batch_id).run();
  }

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace

std::shared_ptr<jobs::Handler> make_undo_handler(std::shared_ptr<const Parts> parts) {
  return std::make_shared<UndoHandler>(std::move(parts));
}

}  // namespace omnicrm::sync
