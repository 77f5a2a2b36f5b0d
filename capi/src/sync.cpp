// Preview, approve, undo, run: with progress on the caller's thread.
#include <omnicrm/crm.hpp>
#include <omnicrm/json.hpp>
#include <optional>
#include <string>

#include "buffer.hpp"
#include "callback.hpp"
#include "fence.hpp"
#include "session_state.hpp"
#include "stop.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

/// The progress callback of one call: after the first status that it returns it is not called again, and the
/// call is asked to stop.
class Progress {
 public:
  Progress(CrmState& crm, ocrm_progress_fn function, void* user, Stop& stop)
      : crm_(crm), function_(function), user_(user), stop_(stop) {}

  void tell(std::int64_t done, std::int64_t total, std::int64_t items, const std::string& note) {
    if (function_ == nullptr || refusal_) return;
    ocrm_progress told{};
    told.struct_size = sizeof(told);
    told.done = done;
    told.total = total;
    told.items = items;
    told.note = note.c_str();
    told.note_size = note.size();
    auto heard = call_host(crm_, FrameKind::plain, this,
                           [&](ocrm_error** err) { return function_(user_, &told, err); });
    if (heard) return;
    refusal_ = std::move(heard).error();
    stop_.request();
  }

  /// What the callback returned stands before anything that followed from stopping.
  Result<void> refused() {
    if (refusal_) return fail(std::move(*refusal_));
    return {};
  }

 private:
  CrmState& crm_;
  const ocrm_progress_fn function_;
  void* const user_;
  Stop& stop_;
  std::optional<Error> refusal_;
};

/// The state's name, as it stands in JSON.
std::string state_of(const BatchProgress& at) {
  return json_value(to_json(at), "/state").value_or("");
}

/// What the functions that run a batch have in common.
struct Running {
  ocrm_progress_fn progress;
  void* user;
  const ocrm_cancel* cancel;

  /// Whether the caller wants to wait for the batch.
  [[nodiscard]] bool is_wanted() const noexcept { return progress != nullptr || cancel != nullptr; }
};

Result<void> check(const SessionUse& session, const Running& running, bool runs, const char* function) {
  OCRM_TRY(check_no_transaction(session, function));
  if (runs) OCRM_TRY(session.crm().check_may_run_jobs(function));
  OCRM_TRY(token_of(running.cancel));
  return {};
}

Result<SyncBatch> run(const SessionUse& session, BatchId batch, const Running& running) {
  OCRM_ASSIGN(auto asked, token_of(running.cancel));
  Stop stop(session.crm(), std::move(asked));
  Progress progress(session.crm(), running.progress, running.user, stop);
  auto ended = session.crm().crm().run_batch(
      *session, batch,
      [&](const BatchProgress& at) { progress.tell(at.done, at.total, at.done, state_of(at)); },
      stop.token());
  OCRM_TRY(progress.refused());
  return ended;
}

/// A batch that was just made: run to its end, if the caller wants to wait for that.
Result<SyncBatch> run_if_wanted(const SessionUse& session, Result<SyncBatch> begun, const Running& running) {
  if (!begun || !running.is_wanted()) return begun;
  return run(session, begun->id, running);
}

/// The id of a plan or a batch, as a caller gives it.
struct IdText {
  const char* text;
  std::size_t size;
  std::string_view field;
};

template <class Id>
Result<Id> id_of(const IdText& given) {
  OCRM_ASSIGN(const auto text, text_of(given.text, given.size, given.field));
  auto id = Id::parse(text);
  if (!id) return invalid(given.field, id.error().message);
  return id;
}

/// What approving, undoing and running share: `work(session, id)` gives the batch.
template <class Id, class Work>
Result<void> batch_call(const char* function, ocrm_session* session, const IdText& given,
                        const Running& running, bool runs, ocrm_buffer** batch, Work&& work) {
  OCRM_ASSIGN(const SessionUse call, use(session));
  OCRM_TRY(check_out(batch, "batch"));
  OCRM_TRY(check(call, running, runs, function));
  OCRM_ASSIGN(const auto id, id_of<Id>(given));
  OCRM_ASSIGN(const SyncBatch made, work(call, id));
  return give(batch, to_json(made));
}

}  // namespace
}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_sync_preview(ocrm_session* session, const char* source, size_t source_size,
                          ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel,
                          ocrm_buffer** plan, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    OCRM_TRY(check_out(plan, "plan"));
    OCRM_TRY(check_no_transaction(call, "ocrm_sync_preview"));
    OCRM_ASSIGN(const auto json, bytes_of(source, source_size, "source"));
    OCRM_ASSIGN(const auto wanted, from_json<SyncSource>(json));
    OCRM_ASSIGN(auto asked, token_of(cancel));
    Stop stop(call.crm(), std::move(asked));
    Progress told(call.crm(), progress, user, stop);
    auto made = call->sync().preview(
        wanted,
        [&](const sync::PreviewProgress& at) { told.tell(at.bytes, at.total_bytes, at.items, at.path); },
        stop.token());
    if (auto refused = told.refused(); !refused) {
      // Refused at the very end: a plan that nobody hears of must not wait for approval.
      if (made) static_cast<void>(call->sync().reject(made->id));
      return refused;
    }
    OCRM_TRY(made);
    return give(plan, to_json(*made));
  });
}

int32_t ocrm_sync_approve(ocrm_session* session, const char* plan_id, size_t plan_id_size,
                          ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel,
                          ocrm_buffer** batch, ocrm_error** err) {
  return fence(err, [&] {
    const Running running{progress, user, cancel};
    return batch_call<PlanId>("ocrm_sync_approve", session, {plan_id, plan_id_size, "plan_id"}, running,
                              running.is_wanted(), batch, [&](const SessionUse& call, PlanId id) {
                                return run_if_wanted(call, call->sync().approve(id), running);
                              });
  });
}

int32_t ocrm_sync_undo(ocrm_session* session, const char* batch_id, size_t batch_id_size,
                       ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel, ocrm_buffer** batch,
                       ocrm_error** err) {
  return fence(err, [&] {
    const Running running{progress, user, cancel};
    return batch_call<BatchId>("ocrm_sync_undo", session, {batch_id, batch_id_size, "batch_id"}, running,
                               running.is_wanted(), batch, [&](const SessionUse& call, BatchId id) {
                                 return run_if_wanted(call, call->sync().undo(id), running);
                               });
  });
}

int32_t ocrm_sync_run(ocrm_session* session, const char* batch_id, size_t batch_id_size,
                      ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel, ocrm_buffer** batch,
                      ocrm_error** err) {
  return fence(err, [&] {
    const Running running{progress, user, cancel};
    return batch_call<BatchId>("ocrm_sync_run", session, {batch_id, batch_id_size, "batch_id"}, running,
                               /*runs=*/true, batch,
                               [&](const SessionUse& call, BatchId id) { return run(call, id, running); });
  });
}
