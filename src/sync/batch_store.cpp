#include "sync/batch_store.hpp"

#include "core/errors.hpp"
#include "repository/audit_log.hpp"
#include "repository/raw_events.hpp"
#include "repository/row.hpp"
#include "storage/query.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm::sync {
namespace {

using repository::find_row;
using repository::update_row;

// Each batch reads its files from the start: positions are a batch's own, and go when it is undone.
std::string scope_of(BatchId batch, std::string_view scope) {
  return batch.to_string() + "/" + std::string(scope);
}

constexpr std::string_view files_service = "files";

}  // namespace

Result<SyncBatch> load_batch(storage::Connection& connection, UserId user, BatchId id) {
  OMNICRM_ASSIGN(auto batch, find_row<SyncBatch>(connection, user, id));
  if (!batch) return not_found("batch", id.to_string());
  return std::move(*batch);
}

Result<SyncPlan> load_plan(storage::Connection& connection, UserId user, PlanId id) {
  OMNICRM_ASSIGN(auto plan, find_row<SyncPlan>(connection, user, id));
  if (!plan) return not_found("plan", id.to_string());
  return std::move(*plan);
}

Result<void> store_batch(storage::Connection& connection, UserId user, const SyncBatch& batch) {
  OMNICRM_ASSIGN(const bool stored, update_row(connection, user, batch));
  if (!stored) return not_found("batch", batch.id.to_string());
  return {};
}

Result<bool> is_undo_waiting(storage::Connection& connection, UserId user) {
  // An undo's job is unique for its batch while it waits or runs.
  OMNICRM_ASSIGN(
      const auto found,
      storage::query_one<std::int64_t>(
          connection, "SELECT 1 FROM job_unique WHERE user_id = ? AND kind = ? LIMIT 1", user, undo_kind));
  return found.has_value();
}

Result<void> add_counts(storage::Connection& connection, UserId user, BatchId id, const BatchCounts& more) {
  OMNICRM_ASSIGN(SyncBatch batch, load_batch(connection, user, id));
  batch.counts.items += more.items;
  batch.counts.normalized += more.normalized;
  batch.counts.known += more.known;
  batch.counts.skipped += more.skipped;
  batch.counts.poison += more.poison;
  batch.counts.interactions += more.interactions;
  batch.counts.contacts += more.contacts;
  batch.counts.contacts_changed += more.contacts_changed;
  batch.counts.organizations += more.organizations;
  batch.counts.documents += more.documents;
  batch.done = batch.counts.normalized + batch.counts.known + batch.counts.skipped + batch.counts.poison;
  batch.total = std::max(batch.total, batch.counts.items);
  return store_batch(connection, user, batch);
}

Result<std::string> load_position(storage::Connection& connection, UserId user, ConnectionId source,
                                  BatchId batch, std::string_view scope) {
  OMNICRM_ASSIGN(auto cursor,
                 find_row<SyncCursor>(connection, user, source, files_service, scope_of(batch, scope)));
  return cursor ? std::move(cursor->position) : std::string();
}

Result<void> store_position(storage::Connection& connection, const repository::Unit& unit,
                            ConnectionId source, std::string_view scope, std::string_view position) {
  OMNICRM_TRY(
      storage::run(connection,
                   "INSERT INTO sync_cursors (user_id, connection_id, service, scope, position, batch_id, "
                   "updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) "
                   "ON CONFLICT (user_id, connection_id, service, scope) DO UPDATE SET "
                   "position = excluded.position, updated_at = excluded.updated_at",
                   unit.user(), source, files_service, scope_of(*unit.batch(), scope), position,
                   *unit.batch(), unit.now()));
  return {};
}

Result<void> fail_batch(const Parts& parts, const jobs::Context& job, BatchId id, const Error& error) {
  const bool again = error.retryable && job.job().attempt < job.job().max_attempts;
  if (again || error.code == ErrorCode::cancelled) return {};
  const repository::Unit unit(parts.environment, job.user(), "job");
  return unit.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(SyncBatch batch, load_batch(connection, unit.user(), id));
    if (batch.state != BatchState::running) return {};
    batch.state = BatchState::failed;
    batch.message = error.message;
    batch.finished_at = unit.now();
    OMNICRM_TRY(store_batch(connection, unit.user(), batch));
    return repository::append_audit(connection, unit, "sync.failed", "batch", id.to_string());
  });
}

Result<void> finish_if_complete(storage::Connection& connection, const repository::Unit& unit,
                                ConnectionId source, BatchId id) {
  OMNICRM_ASSIGN(const std::string fetched, load_position(connection, unit.user(), source, id, whole_source));
  if (fetched != at_end) return {};
  OMNICRM_ASSIGN(SyncBatch batch, load_batch(connection, unit.user(), id));
  if (batch.state != BatchState::running || batch.done < batch.counts.items) return {};
  OMNICRM_ASSIGN(const auto reasons, repository::RawEvents(connection, unit).reasons(id));
  batch.reasons.clear();
  for (const auto& [reason, count] : reasons) batch.reasons.push_back({reason, count});
  batch.state = BatchState::done;
  batch.total = batch.counts.items;
  batch.finished_at = unit.now();
  OMNICRM_TRY(store_batch(connection, unit.user(), batch));
  // Nobody reads on from here: a later batch begins at the start of its files.
  OMNICRM_TRY(storage::run(connection, "DELETE FROM sync_cursors WHERE user_id = ? AND batch_id = ?",
                           unit.user(), id));
  return repository::append_audit(connection, unit, "sync.finished", "batch", id.to_string(),
                                  "{\"items\":" + std::to_string(batch.counts.items) +
                                      ",\"interactions\":" + std::to_string(batch.counts.interactions) +
                                      ",\"contacts\":" + std::to_string(batch.counts.contacts) + "}");
}

}  // namespace omnicrm::sync
