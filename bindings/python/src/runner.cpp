#include "host_parts.hpp"
#include "interrupts.hpp"
#include "method.hpp"
#include "operations/describe.hpp"
#include "parts.hpp"

namespace omnicrm::python {
namespace {

void register_handler(CrmHandle& self, const py::object& kind, const py::object& function,
                      const py::object& timeout, const py::object& max_concurrent,
                      const py::object& backoff_base, const py::object& backoff_cap,
                      const py::object& max_global, const py::object& max_per_user,
                      const py::object& rate_limit, const py::object& rate_period,
                      const py::object& keep_done, const py::object& keep_dead) {
  const std::string name = from_text(kind, "kind");
  jobs::KindOptions options;
  options.timeout = from_seconds(timeout, Place{"timeout"});
  options.max_concurrent = from_int(max_concurrent, Place{"max_concurrent"});
  options.backoff_base = from_seconds(backoff_base, Place{"backoff_base"});
  options.backoff_cap = from_seconds(backoff_cap, Place{"backoff_cap"});
  options.max_global = from_int(max_global, Place{"max_global"});
  options.max_per_user = from_int(max_per_user, Place{"max_per_user"});
  options.rate_limit = from_int(rate_limit, Place{"rate_limit"});
  options.rate_period = from_seconds(rate_period, Place{"rate_period"});
  options.keep_done = from_seconds(keep_done, Place{"keep_done"});
  options.keep_dead = from_seconds(keep_dead, Place{"keep_dead"});
  auto handler = make_handler(self.state().get(), function, options);
  self.call([&](Crm& crm) { return crm.jobs().register_handler(name, std::move(handler)); });
}

py::object run_until_idle(CrmHandle& self, const py::object& horizon, const py::object& stop) {
  const auto ahead = from_seconds(horizon, Place{"horizon"});
  const State::Use used = self.state()->use();
  self.state()->check_outside_jobs();
  LongCall call(self.state(), stop, py::none());
  auto summary = without_gil(
      [&] { return call.watch([&] { return used.crm().jobs().run_until_idle(call.token(), ahead); }); });
  call.finish();
  return give_result(std::move(summary));
}

/// Handlers run on this thread: signals reach them, and what they throw then ends the step.
py::object step(CrmHandle& self, const py::object& limit, const py::object& stop) {
  const auto most = Python<std::size_t>::load(limit, Place{"limit"});
  const State::Use used = self.state()->use();
  self.state()->check_outside_jobs();
  LongCall call(self.state(), stop, py::none());
  auto summary = without_gil([&] { return used.crm().jobs().step(most, call.token()); });
  call.finish();
  return give_result(std::move(summary));
}

py::object stop_runner(CrmHandle& self, const py::object& grace) {
  const auto wait = from_seconds(grace, Place{"grace"});
  self.state()->check_outside_jobs();
  return Python<jobs::RunSummary>::give(self.call([&](Crm& crm) { return crm.jobs().stop(wait); }));
}

void pause(CrmHandle& self, const py::object& kind) {
  const std::string name = from_text(kind, "kind");
  self.call([&](Crm& crm) { return crm.admin().jobs().pause(name); });
}

void resume(CrmHandle& self, const py::object& kind) {
  const std::string name = from_text(kind, "kind");
  self.call([&](Crm& crm) { return crm.admin().jobs().resume(name); });
}

py::object stats(CrmHandle& self) {
  return Python<std::vector<jobs::KindStats>>::give(
      self.call([](Crm& crm) { return crm.admin().jobs().stats(); }));
}

py::object retain(CrmHandle& self, const py::object& keep_done, const py::object& keep_dead) {
  const auto done = from_seconds(keep_done, Place{"keep_done"});
  const auto dead = from_seconds(keep_dead, Place{"keep_dead"});
  return py::int_(self.call([&](Crm& crm) { return crm.admin().jobs().retain(done, dead); }));
}

}  // namespace

void define_runner(py::module_& module, CrmClass& crm) {
  define_job_context(module);
  define_noted(crm,
               {.owner = "Crm",
                .name = "register_handler",
                .parameters = {{"kind", "str"},
                               {"function", "Callable[[JobContext], Any]"},
                               {"timeout", "Seconds"},
                               {"max_concurrent", "int"},
                               {"backoff_base", "Seconds"},
                               {"backoff_cap", "Seconds"},
                               {"max_global", "int"},
                               {"max_per_user", "int"},
                               {"rate_limit", "int"},
                               {"rate_period", "Seconds"},
                               {"keep_done", "Seconds"},
                               {"keep_dead", "Seconds"}},
                .result = "None"},
               register_handler, py::arg("kind"), py::arg("function"), py::arg("timeout"),
               py::arg("max_concurrent"), py::arg("backoff_base"), py::arg("backoff_cap"),
               py::arg("max_global"), py::arg("max_per_user"), py::arg("rate_limit"), py::arg("rate_period"),
               py::arg("keep_done"), py::arg("keep_dead"));
  define_noted(crm,
               {.owner = "Crm",
                .name = "run_until_idle",
                .parameters = {{"horizon", "Seconds", "5.0"}, {"stop", "Stop | None", "None"}},
                .result = "RunSummary"},
               run_until_idle, py::arg("horizon") = 5.0, py::arg("stop") = py::none());
  define_noted(crm,
               {.owner = "Crm",
                .name = "step",
                .parameters = {{"limit", "int", "1"}, {"stop", "Stop | None", "None"}},
                .result = "RunSummary"},
               step, py::arg("limit") = 1, py::arg("stop") = py::none());
  define_noted(crm, {.owner = "Crm", .name = "jobs_pause", .parameters = {{"kind", "str"}}, .result = "None"},
               pause, py::arg("kind"));
  define_noted(crm,
               {.owner = "Crm", .name = "jobs_resume", .parameters = {{"kind", "str"}}, .result = "None"},
               resume, py::arg("kind"));
  define_noted(crm, {.owner = "Crm", .name = "jobs_stats", .result = "tuple[KindStats, ...]"}, stats);
  define_noted(crm,
               {.owner = "Crm",
                .name = "jobs_retain",
                .parameters = {{"keep_done", "Seconds"}, {"keep_dead", "Seconds"}},
                .result = "int"},
               retain, py::arg("keep_done"), py::arg("keep_dead"));
  define_noted(crm, {.owner = "Crm", .name = "start", .result = "None"},
               [](CrmHandle& self) { self.call([](Crm& open) { return open.jobs().start(); }); });
  define_noted(
      crm,
      {.owner = "Crm", .name = "stop", .parameters = {{"grace", "Seconds", "30.0"}}, .result = "RunSummary"},
      stop_runner, py::arg("grace") = 30.0);
  define_noted(crm, {.owner = "Crm", .name = "is_started", .result = "bool"}, [](CrmHandle& self) {
    return self.call([](Crm& open) -> Result<bool> { return open.jobs().is_started(); });
  });
}

}  // namespace omnicrm::python
