#include "sync/sync_service.hpp"

#include "core/errors.hpp"
#include "model/json.hpp"
#include "repository/audit_log.hpp"
#include "repository/cursor.hpp"
#include "repository/row.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/state_digest.hpp"
#include "sync/batch_store.hpp"
#include "sync/dry_run.hpp"
#include "sync/job_payloads.hpp"
#include "sync/preview.hpp"
#include "sync/reconcile.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm::sync {
namespace {

using repository::append_audit;

/// A page of records that have an id made at their creation: newest first is by id.
template <class T>
Result<Page<T>> newest_first(const repository::Unit& unit, std::string_view name, const PageRequest& page) {
  OMNICRM_TRY(repository::check_page(page));
  Uuid before;
  before.bytes.fill(0xff);
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(const auto last, (repository::read_cursor<Uuid>(name, page.cursor)));
    before = std::get<0>(last);
  }
  return unit.read([&](storage::Connection& connection) -> Result<Page<T>> {
    Page<T> answer;
    OMNICRM_ASSIGN(
        answer.items,
        repository::list_rows<T>(
            connection, repository::select_sql<T, "WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?">(),
            unit.user(), before, page.limit + 1));
    if (std::ssize(answer.items) > page.limit) {
      answer.items.pop_back();
      answer.next = repository::make_cursor(name, answer.items.back().id.value);
    }
    return answer;
  });
}

Result<void> check_source(const SyncSource& source) {
  if (source.max_item_bytes < 1 || source.max_item_bytes > (std::int64_t{256} << 20)) {
    return invalid("max_item_bytes", "must be 1 to 268,435,456");
  }
  if (source.past_days < 0 || source.past_days > 36'500) return invalid("past_days", "must be 0 to 36,500");
  if (source.future_days < 0 || source.future_days > 3'650)
    return invalid("future_days", "must be 0 to 3,650");
  return {};
}

class Service final : public SyncService {
 public:
  Service(std::shared_ptr<const Parts> parts, repository::Unit unit, std::shared_ptr<jobs::Jobs> jobs)
      : parts_(std::move(parts)), unit_(std::move(unit)), jobs_(std::move(jobs)) {}

  Result<SyncPlan> preview(const SyncSource& source,
                           const std::function<void(const PreviewProgress&)>& progress,
                           std::stop_token stop) override {
    OMNICRM_TRY(check_source(source));
    const repository::Unit stoppable = unit_.with_stop(stop);
    OMNICRM_ASSIGN(SyncPlan plan, make_plan(*parts_, stoppable, source, progress, std::move(stop)));
    plan.id = unit_.make_id<PlanId>();
    plan.created_at = unit_.now();
    return unit_.write([&](storage::Connection& connection) -> Result<SyncPlan> {
      OMNICRM_TRY(repository::insert_row(connection, unit_.user(), plan));
      OMNICRM_TRY(append_audit(connection, unit_, "sync.preview", "plan", plan.id.to_string(),
                               "{\"items\":" + std::to_string(plan.summary.items) + "}"));
      return plan;
    });
  }

  Result<SyncPlan> plan(PlanId id) override {
    return unit_.read(
        [&](storage::Connection& connection) { return load_plan(connection, unit_.user(), id); });
  }

  Result<Page<SyncPlan>> plans(const PageRequest& page) override {
    return newest_first<SyncPlan>(unit_, "sync.plans", page);
  }

  Result<SyncBatch> approve(PlanId id) override {
    return unit_.write([&](storage::Connection& connection) -> Result<SyncBatch> {
      OMNICRM_ASSIGN(SyncPlan plan, ready_plan(connection, id));
      SyncBatch batch;
      batch.id = unit_.make_id<BatchId>();
      batch.plan_id = id;
      batch.total = plan.summary.items;
      batch.created_at = unit_.now();
      plan.state = PlanState::approved;
      plan.approved_at = batch.created_at;
      plan.batch_id = batch.id;
      OMNICRM_TRY(repository::insert_row(connection, unit_.user(), batch));
      OMNICRM_TRY(repository::update_row(connection, unit_.user(), plan));
      OMNICRM_TRY(enqueue(connection, import_kind, batch.id));
      OMNICRM_TRY(append_audit(connection, unit_, "sync.approve", "batch", batch.id.to_string()));
      return batch;
    });
  }

  Result<SyncPlan> reject(PlanId id) override {
    return unit_.write([&](storage::Connection& connection) -> Result<SyncPlan> {
      OMNICRM_ASSIGN(SyncPlan plan, ready_plan(connection, id));
      plan.state = PlanState::rejected;
      OMNICRM_TRY(repository::update_row(connection, unit_.user(), plan));
      OMNICRM_TRY(append_audit(connection, unit_, "sync.reject", "plan", id.to_string()));
      return plan;
    });
  }

  Result<SyncBatch> status(BatchId id) override {
    return unit_.read(
        [&](storage::Connection& connection) { return load_batch(connection, unit_.user(), id); });
  }

  Result<Page<SyncBatch>> list(const PageRequest& page) override {
    return newest_first<SyncBatch>(unit_, "sync.list", page);
  }

  Result<SyncBatch> cancel(BatchId id) override {
    return unit_.write([&](storage::Connection& connection) -> Result<SyncBatch> {
      OMNICRM_ASSIGN(SyncBatch batch, load_batch(connection, unit_.user(), id));
      if (batch.state != BatchState::running)
        return wrong_state(batch, "only a running batch can be cancelled");
      OMNICRM_TRY(jobs_->cancel_batch_in(connection, id));
      batch.state = BatchState::cancelled;
      batch.finished_at = unit_.now();
      OMNICRM_TRY(store_batch(connection, unit_.user(), batch));
      OMNICRM_TRY(append_audit(connection, unit_, "sync.cancel", "batch", id.to_string()));
      return batch;
    });
  }

  Result<SyncBatch> undo(BatchId id) override {
    OMNICRM_ASSIGN(const SyncBatch known, status(id));
    if (known.kind == BatchKind::merge) {
      OMNICRM_TRY(repository::SqlContacts(unit_).unmerge(id));
      return status(id);
    }
    return unit_.write([&](storage::Connection& connection) -> Result<SyncBatch> {
      OMNICRM_ASSIGN(SyncBatch batch, load_batch(connection, unit_.user(), id));
      if (batch.state == BatchState::undone) return wrong_state(batch, "it is taken back already");
      // Asked again: an undo whose job came to nothing is taken up again; one that is under way goes on.
      if (batch.state == BatchState::undoing) {
        OMNICRM_TRY(enqueue(connection, undo_kind, id));
        return batch;
      }
      OMNICRM_TRY(jobs_->cancel_batch_in(connection, id));
      batch.state = BatchState::undoing;
      OMNICRM_TRY(store_batch(connection, unit_.user(), batch));
      OMNICRM_TRY(enqueue(connection, undo_kind, id));
      OMNICRM_TRY(append_audit(connection, unit_, "sync.undo", "batch", id.to_string()));
      return batch;
    });
  }

  Result<Reconciliation> reconcile(BatchId id, std::stop_token stop) override {
    const repository::Unit stoppable = unit_.with_stop(stop);
    return reconcile_batch(*parts_, stoppable, id, std::move(stop));
  }

  Result<PolicyDryRun> dry_run(ContactPolicy policy) override { return dry_run_policy(unit_, policy); }

  Result<std::string> state_digest() override {
    return unit_.read(
        [&](storage::Connection& connection) { return repository::state_digest(connection, unit_.user()); });
  }

 private:
  Result<SyncPlan> ready_plan(storage::Connection& connection, PlanId id) {
    OMNICRM_ASSIGN(SyncPlan plan, load_plan(connection, unit_.user(), id));
    if (plan.state != PlanState::ready) {
      return failure(ErrorCode::failed_precondition, "plan " + id.to_string() + " is " +
                                                         std::string(enum_name(plan.state)) +
                                                         " already; preview again for a new one");
    }
    return plan;
  }

  tl::unexpected<Error> wrong_state(const SyncBatch& batch, std::string_view reason) {
    return failure(ErrorCode::failed_precondition, "batch " + batch.id.to_string() + " is " +
                                                       std::string(enum_name(batch.state)) + ": " +
                                                       std::string(reason));
  }

  Result<void> enqueue(storage::Connection& connection, std::string_view kind, BatchId batch) {
    jobs::NewJob job;
    job.kind = std::string(kind);
    job.payload.text = to_json(BatchJob{.batch_id = batch});
    job.unique_key = batch.to_string();
    // Undo must outlive the cancellation of its batch's jobs, and be found beside them: it carries no batch.
    if (kind != undo_kind) job.batch_id = batch;
    OMNICRM_TRY(jobs_->enqueue_in(connection, {job}));
    return {};
  }

  std::shared_ptr<const Parts> parts_;
  repository::Unit unit_;
  std::shared_ptr<jobs::Jobs> jobs_;
};

}  // namespace

std::unique_ptr<SyncService> make_sync_service(std::shared_ptr<const Parts> parts, repository::Unit unit,
                                               std::shared_ptr<jobs::Jobs> jobs) {
  return std::make_unique<Service>(std::move(parts), std::move(unit), std::move(jobs));
}

}  // namespace omnicrm::sync
