// Preview, approve, follow, undo.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/sync.hpp>

namespace omnicrm::sync {

/// How far a preview is. @since 0.1
struct PreviewProgress {
  std::string path;
  std::int64_t items = 0;
  std::int64_t bytes = 0;
  std::int64_t total_bytes = 0;
};

/// Whether everything a batch's source names is here. @since 0.1
struct Reconciliation {
  BatchId batch_id;
  std::int64_t source_items = 0;
  std::int64_t normalized = 0;
  std::int64_t skipped = 0;
  std::int64_t poison = 0;
  std::int64_t gone = 0;
  std::int64_t pending = 0;
  std::int64_t missing = 0;
  /// The first 100 source ids that are missing.
  std::vector<std::string> missing_ids;
  /// "nothing missing as of <time>", or what is wrong, as a sentence.
  std::string statement;
};

/// A people rule applied to history, without changing anything. @since 0.1
struct PolicyDryRun {
  ContactPolicy policy = ContactPolicy::sent;
  std::int64_t contacts_to_create = 0;
  std::int64_t contacts_already_there = 0;
  std::vector<PlanContact> contacts;  ///< the 100 with most messages
};

/// One user's sync. Thread-safe. @since 0.1
class SyncService {
 public:
  virtual ~SyncService() = default;

  /// Reads the source and stores nothing but the plan it returns. Blocks while reading; `progress` is called
  /// on the caller's thread, a few times a second. Errors: `invalid_argument`, `not_found` (a path),
  /// `cancelled`.
  virtual Result<SyncPlan> preview(const SyncSource& source,
                                   const std::function<void(const PreviewProgress&)>& progress = {},
                                   std::stop_token stop = {}) = 0;
  virtual Result<SyncPlan> plan(PlanId id) = 0;
  virtual Result<Page<SyncPlan>> plans(const PageRequest& page) = 0;
  /// Turns the plan into a batch and enqueues its jobs, in one transaction. They run when the host runs jobs.
  /// Errors: `failed_precondition` (approved or rejected before).
  virtual Result<SyncBatch> approve(PlanId id) = 0;
  virtual Result<SyncPlan> reject(PlanId id) = 0;

  virtual Result<SyncBatch> status(BatchId id) = 0;
  virtual Result<Page<SyncBatch>> list(const PageRequest& page) = 0;
  /// Stops a running batch; what it wrote stays until `undo`.
  virtual Result<SyncBatch> cancel(BatchId id) = 0;
  /// Enqueues the job that restores the state before the batch. Errors: `failed_precondition` (undone before).
  virtual Result<SyncBatch> undo(BatchId id) = 0;
  /// Reads the source's ids again and compares them with what is here. Blocks.
  virtual Result<Reconciliation> reconcile(BatchId id, std::stop_token stop = {}) = 0;
  /// What another contact policy would make of the mail that is here.
  virtual Result<PolicyDryRun> dry_run(ContactPolicy policy) = 0;
  /// SHA-256 over all of the user's records (not: audit, jobs, plans and batches): two equal values mean equal
  /// data. Reads everything.
  virtual Result<std::string> state_digest() = 0;
};

}  // namespace omnicrm::sync
