#include "operations/define.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

struct DryRun {
  ContactPolicy policy = ContactPolicy::sent;
};
BOOST_DESCRIBE_STRUCT(DryRun, (), (policy))

struct Digest {
  std::string digest;
};
BOOST_DESCRIBE_STRUCT(Digest, (), (digest))

Result<SyncPlan> preview(Session& session, const SyncSource& source) {
  return session.sync().preview(source);
}
Result<SyncPlan> plan(Session& session, const ById<PlanId>& request) {
  return session.sync().plan(request.id);
}
Result<Page<SyncPlan>> plans(Session& session, const PageRequest& request) {
  return session.sync().plans(request);
}
Result<SyncBatch> approve(Session& session, const ById<PlanId>& request) {
  return session.sync().approve(request.id);
}
Result<SyncPlan> reject(Session& session, const ById<PlanId>& request) {
  return session.sync().reject(request.id);
}
Result<SyncBatch> status(Session& session, const ById<BatchId>& request) {
  return session.sync().status(request.id);
}
Result<Page<SyncBatch>> list(Session& session, const PageRequest& request) {
  return session.sync().list(request);
}
Result<SyncBatch> cancel(Session& session, const ById<BatchId>& request) {
  return session.sync().cancel(request.id);
}
Result<SyncBatch> undo(Session& session, const ById<BatchId>& request) {
  return session.sync().undo(request.id);
}
Result<sync::Reconciliation> reconcile(Session& session, const ById<BatchId>& request) {
  return session.sync().reconcile(request.id);
}
Result<sync::PolicyDryRun> dry_run(Session& session, const DryRun& request) {
  return session.sync().dry_run(request.policy);
}
Result<Digest> digest(Session& session, const Nothing&) {
  OMNICRM_ASSIGN(std::string value, session.sync().state_digest());
  return Digest{std::move(value)};
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::DryRun> = std::to_array<std::string_view>({"policy"});

namespace operations {

std::span<const Operation> sync_operations() noexcept {
  // A preview stores its plan, so it is a write too.
  static constexpr Operation operations[] = {
      define<preview>("sync.preview", Scope::write, "Reads a source and stores nothing but the plan."),
      define<plan>("sync.plan", Scope::read, "A plan by its id."),
      define<plans>("sync.plans", Scope::read, "Plans, newest first, in pages."),
      define<approve>("sync.approve", Scope::write, "Turns a plan into a batch of jobs."),
      define<reject>("sync.reject", Scope::write, "Closes a plan without a batch."),
      define<status>("sync.status", Scope::read, "How far a batch is."),
      define<list>("sync.list", Scope::read, "Batches, newest first, in pages."),
      define<cancel>("sync.cancel", Scope::write, "Stops a running batch; what it wrote stays."),
      define<undo>("sync.undo", Scope::write, "Restores the state before a batch."),
      define<reconcile>("sync.reconcile", Scope::read, "Compares a batch with its source."),
      define<dry_run>("sync.dry_run", Scope::read,
                      "What another contact policy would make of the mail here."),
      define<digest>("sync.digest", Scope::read, "A hash over all of the user's records."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
