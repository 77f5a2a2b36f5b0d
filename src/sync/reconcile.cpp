#include "sync/reconcile.hpp"

#include "core/errors.hpp"
#include "repository/raw_events.hpp"
#include "sync/batch_store.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::size_t listed_ids = 100;
constexpr std::size_t chunk_items = 500;

void count(Reconciliation& report, const std::optional<RawEvent>& event, const std::string& source_id) {
  ++report.source_items;
  if (!event) {
    ++report.missing;
    if (report.missing_ids.size() < listed_ids) report.missing_ids.push_back(source_id);
    return;
  }
  switch (event->state) {
    case RawEventState::pending:
      ++report.pending;
      break;
    case RawEventState::normalized:
      ++report.normalized;
      break;
    case RawEventState::skipped:
      ++report.skipped;
      break;
    case RawEventState::gone:
      ++report.gone;
      break;
    case RawEventState::poison:
      ++report.poison;
      break;
  }
}

struct ItemName {
  std::string service;
  std::string source_id;
};

Result<void> look_up(const repository::Unit& unit, ConnectionId connection_id,
                     const std::vector<ItemName>& names, Reconciliation& report) {
  return unit.read([&](storage::Connection& connection) -> Result<void> {
    repository::RawEvents raw_events(connection, unit);
    for (const ItemName& name : names) {
      OMNICRM_ASSIGN(const auto event, raw_events.find(connection_id, name.service, name.source_id));
      count(report, event, name.source_id);
    }
    return {};
  });
}

Result<void> reconcile_scope(const repository::Unit& unit, Source& source, const PlanFile& file,
                             std::stop_token stop, Reconciliation& report) {
  OMNICRM_ASSIGN(auto reader, source.read(file, ""));
  std::vector<ItemName> names;
  SourceItem item;
  bool more = true;
  while (more) {
    if (stop.stop_requested()) return failure(ErrorCode::cancelled, "the comparison was stopped");
    OMNICRM_ASSIGN(more, reader->next(item));
    if (more) names.push_back({item.service, item.source_id});
    if (names.size() < chunk_items && more) continue;
    OMNICRM_TRY(look_up(unit, source.connection(), names, report));
    names.clear();
  }
  return {};
}

std::string statement_of(const Reconciliation& report, Timestamp now) {
  if (report.missing == 0 && report.pending == 0) return "nothing missing as of " + to_string(now);
  return std::to_string(report.missing) + " missing and " + std::to_string(report.pending) + " pending of " +
         std::to_string(report.source_items) + " as of " + to_string(now);
}

}  // namespace

Result<Reconciliation> reconcile_batch(const Parts& parts, const repository::Unit& unit, BatchId id,
                                       std::stop_token stop) {
  OMNICRM_ASSIGN(const SyncPlan plan, unit.read([&](storage::Connection& connection) -> Result<SyncPlan> {
    OMNICRM_ASSIGN(const SyncBatch batch, load_batch(connection, unit.user(), id));
    if (!batch.plan_id)
      return failure(ErrorCode::failed_precondition, "a merge has no source to compare with");
    return load_plan(connection, unit.user(), *batch.plan_id);
  }));
  OMNICRM_ASSIGN(const auto source, parts.open(plan.source));
  Reconciliation report;
  report.batch_id = id;
  for (const PlanFile& file : plan.summary.files) {
    if (file.format != "ignored") OMNICRM_TRY(reconcile_scope(unit, *source, file, stop, report));
  }
  report.statement = statement_of(report, unit.now());
  return report;
}

}  // namespace omnicrm::sync
