#include "interrupts.hpp"
#include "method.hpp"
#include "operations/describe.hpp"
#include "parts.hpp"

namespace omnicrm::python {
namespace {

using jobs::Jobs;
using jobs::Schedules;
using sync::SyncService;

py::object preview(const SessionHandle& self, const py::object& source, const py::object& progress,
                   const py::object& stop) {
  const SyncSource read = Python<SyncSource>::load(source, Place{"source"});
  const State::Use used = self.use();
  LongCall call(self.state(), stop, progress);
  auto plan = without_gil([&] {
    return self.session().sync().preview(
        read, [&](const sync::PreviewProgress& far) { call.report(far); }, call.token());
  });
  call.finish();
  return give_result(std::move(plan));
}

py::object reconcile(const SessionHandle& self, const py::object& id, const py::object& stop) {
  const auto batch = Python<BatchId>::load(id, Place{"id"});
  const State::Use used = self.use();
  LongCall call(self.state(), stop, py::none());
  auto found = without_gil(
      [&] { return call.watch([&] { return self.session().sync().reconcile(batch, call.token()); }); });
  call.finish();
  return give_result(std::move(found));
}

/// One run of a transaction's Python function.
struct Attempt {
  Held result;
  std::exception_ptr thrown;

  Result<void> run(const std::shared_ptr<State>& state, const py::object& work, Session& inside) {
    const InCallback mark(state.get());
    const auto session = std::make_shared<SessionHandle>(state, &inside);
    thrown = nullptr;
    Result<void> outcome;
    try {
      result = Held(work(py::cast(session)));
    } catch (py::error_already_set& error) {
      outcome = fail(is_interrupt(error) ? Error{.code = ErrorCode::cancelled} : error_of(error));
      thrown = std::current_exception();
    } catch (const std::exception& error) {
      outcome = fail({.message = error.what()});
      thrown = std::current_exception();
    }
    session->end_transaction();
    return outcome;
  }
};

py::object transaction(const SessionHandle& self, const py::object& work) {
  const State::Use used = self.use();
  Attempt attempt;
  auto outcome = without_gil([&] {
    return self.session().transaction(
        [&](Session& inside) { return with_gil([&] { return attempt.run(self.state(), work, inside); }); });
  });
  if (!outcome && attempt.thrown) std::rethrow_exception(std::move(attempt.thrown));
  unwrap(std::move(outcome));
  return attempt.result.get();
}

py::object call_operation(const SessionHandle& self, const py::object& operation, const py::object& request) {
  const std::string name = from_text(operation, "operation");
  const std::string json = dump_json(request, Place{"request"});
  const std::string answer = self.call([&](Session& session) { return session.call(name, json); });
  return parse_json(answer);
}

}  // namespace

void define_work(py::module_& module, SessionClass& session) {
  py::class_<StopHandle> stop(module, "Stop",
                              "Asks a long call to end early, from any thread; see its `stop` argument.");
  stop.attr("__module__") = "omnicrm";
  stop.def(py::init<>());
  define_noted(stop, {.owner = "Stop", .name = "request", .result = "None", .blocks = false},
               [](StopHandle& self) { self.source.request_stop(); });
  stop.def_property_readonly("requested",
                             [](const StopHandle& self) { return self.source.stop_requested(); });

  constexpr auto sync = &Session::sync;
  method(session, "sync_plan", sync, &SyncService::plan, "id");
  method(session, "sync_plans", sync, &SyncService::plans, "page");
  method(session, "sync_approve", sync, &SyncService::approve, "id");
  method(session, "sync_reject", sync, &SyncService::reject, "id");
  method(session, "sync_status", sync, &SyncService::status, "id");
  method(session, "sync_list", sync, &SyncService::list, "page");
  method(session, "sync_cancel", sync, &SyncService::cancel, "id");
  method(session, "sync_undo", sync, &SyncService::undo, "id");
  method(session, "sync_dry_run", sync, &SyncService::dry_run, "policy");
  method(session, "sync_state_digest", sync, &SyncService::state_digest);
  define_noted(session,
               {.owner = "Session",
                .name = "sync_preview",
                .parameters = {{"source", Python<SyncSource>::taken()},
                               {"progress", "Callable[[PreviewProgress], object] | None", "None"},
                               {"stop", "Stop | None", "None"}},
                .result = "SyncPlan"},
               preview, py::arg("source"), py::arg("progress") = py::none(), py::arg("stop") = py::none());
  define_noted(session,
               {.owner = "Session",
                .name = "sync_reconcile",
                .parameters = {{"id", "UUID | str"}, {"stop", "Stop | None", "None"}},
                .result = "Reconciliation"},
               reconcile, py::arg("id"), py::arg("stop") = py::none());

  constexpr auto jobs = &Session::jobs;
  method(session, "jobs_enqueue", jobs, &Jobs::enqueue, "jobs");
  method(session, "jobs_get", jobs, &Jobs::get, "id");
  method(session, "jobs_list", jobs, &Jobs::list, "filter", "page");
  method(session, "jobs_cancel", jobs, &Jobs::cancel, "id");
  method(session, "jobs_retry", jobs, &Jobs::retry, "id");
  method(session, "jobs_stats", jobs, &Jobs::stats);
  method(session, "jobs_failures", jobs, &Jobs::failures, "id");
  method(session, "jobs_remove", jobs, &Jobs::remove, "id");
  method(session, "jobs_pause", jobs, &Jobs::pause, "kind");
  method(session, "jobs_resume", jobs, &Jobs::resume, "kind");

  constexpr auto schedules = &Session::schedules;
  method(session, "schedules_create", schedules, &Schedules::create, "draft");
  method(session, "schedules_get", schedules, &Schedules::get, "id");
  method(session, "schedules_update", schedules, &Schedules::update, "changed");
  method(session, "schedules_remove", schedules, &Schedules::remove, "id");
  method(session, "schedules_list", schedules, &Schedules::list, "page");
  method(session, "schedules_pause", schedules, &Schedules::pause, "id");
  method(session, "schedules_resume", schedules, &Schedules::resume, "id");
  method(session, "schedules_preview", schedules, &Schedules::preview, "wanted");

  define_noted(session,
               {.owner = "Session",
                .name = "transaction",
                .parameters = {{"work", "Callable[[Session], T]"}},
                .result = "T"},
               transaction, py::arg("work"));
  define_noted(session,
               {.owner = "Session",
                .name = "call",
                .parameters = {{"operation", "str"}, {"request", "Any"}},
                .result = "Any"},
               call_operation, py::arg("operation"), py::arg("request"));
  session.def_property_readonly("user", [](const SessionHandle& self) {
    const State::Use used = self.use();
    return to_uuid(self.session().user().value);
  });
}

}  // namespace omnicrm::python
