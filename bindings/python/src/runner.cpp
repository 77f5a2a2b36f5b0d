#include "host_parts.hpp"
#include "interrupts.hpp"
#include "method.hpp"
#include "operations/describe.hpp"
#include "parts.hpp"

namespace omnicrm::python {
namespace {

void register_handler(CrmHandle& self, const py::object& kind, const py::object& function,
                      const py::object& timeout, const py::object& max_concurrent,
                      const py::object& backoff_base, const py::object& backoff_cap) {
  const std::string name = from_text(kind, "kind");
  jobs::KindOptions options;
  options.timeout = from_seconds(timeout, Place{"timeout"});
  options.max_concurrent = from_int(max_concurrent, Place{"max_concurrent"});
  options.backoff_base = from_seconds(backoff_base, Place{"backoff_base"});
  options.backoff_cap = from_seconds(backoff_cap, Place{"backoff_cap"});
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
                               {"backoff_cap", "Seconds"}},
                .result = "None"},
               register_handler, py::arg("kind"), py::arg("function"), py::arg("timeout"),
               py::arg("max_concurrent"), py::arg("backoff_base"), py::arg("backoff_cap"));
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
