#include "sync/reconcile.hpp"

#include <map>

#include "core/errors.hpp"
#include "repository/raw_events.hpp"
#include "sync/batch_store.hpp"
#include "sync/plugin_calls.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::size_t listed_ids = 100;
constexpr std::size_t chunk_items = 500;

void count(Reconciliation& report, const RawEvent* event, const std::string& source_id) {
  ++report.source_items;
  if (event == nullptr) {
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

/// Source ids by service.
using Names = std::map<std::string, std::vector<std::string>>;

Result<void> look_up(const repository::Unit& unit, ConnectionId connection_id, const Names& names,
                     Reconciliation& report) {
  for (const auto& [service, source_ids] : names) {
    const auto find = [&, &service = service, &source_ids = source_ids](storage::Connection& connection) {
      return repository::RawEvents(connection, unit).find(connection_id, service, source_ids);
    };
    OMNICRM_ASSIGN(const auto found, unit.read(find));
    for (const std::string& source_id : source_ids) {
      const auto event = found.find(source_id);
      count(report, event == found.end() ? nullptr : &event->second, source_id);
    }
  }
  return {};
}

Result<void> reconcile_scope(const repository::Unit& unit, Source& source, const PlanFile& file,
                             std::stop_token stop, Reconciliation& report) {
  OMNICRM_ASSIGN(auto reader, source.read(file, ""));
  Names names;
  std::size_t items = 0;
  SourceItem item;
  bool more = true;
  while (more) {
    if (stop.stop_requested()) return failure(ErrorCode::cancelled, "the comparison was stopped");
    OMNICRM_ASSIGN(more, next_item(*reader, item));
    if (more) names[item.service].push_back(item.source_id);
    if (++items < chunk_items && more) continue;
    OMNICRM_TRY(look_up(unit, source.connection(), names, report));
    names.clear();
    items = 0;
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
