#include "host_parts.hpp"
#include "interrupts.hpp"
#include "method.hpp"
#include "operations/describe.hpp"
#include "parts.hpp"

namespace omnicrm::python {
namespace {

constexpr const char* duration_type = "Seconds";

/// The parts that the host wrote in Python; `parts` has only those it gave.
void take_parts(Options& options, State* state, const py::dict& parts) {
  if (parts.contains("logger")) options.logger = make_logger(state, parts["logger"]);
  if (parts.contains("clock")) options.clock = make_clock(state, parts["clock"]);
  for (const auto& [name, factory] : py::dict(parts["sources"])) {
    options.sources.emplace(from_text(name, "sources"),
                            make_source_factory(state, py::reinterpret_borrow<py::object>(factory)));
  }
  for (py::handle normalizer : parts["normalizers"]) {
    options.normalizers.push_back(make_normalizer(state, py::reinterpret_borrow<py::object>(normalizer)));
  }
}

/// The tap is found again by `listen`.
struct OpenCrm : CrmHandle {
  OpenCrm(std::shared_ptr<State> state, std::shared_ptr<ProgressTap> a_tap)
      : CrmHandle(std::move(state)), tap(std::move(a_tap)) {}
  std::shared_ptr<ProgressTap> tap;
};

std::shared_ptr<CrmHandle> open(const py::object& options_json, const py::dict& parts) {
  Options options = unwrap(options_from_json(from_text(options_json, "options")));
  auto state = std::make_shared<State>();
  auto tap = std::make_shared<ProgressTap>();
  take_parts(options, state.get(), parts);
  options.jobs.on_progress = make_progress_listener(state.get(), tap);
  state->set(unwrap(without_gil([&] { return Crm::open(std::move(options)); })));
  note_state(state);
  return std::make_shared<OpenCrm>(std::move(state), std::move(tap));
}

void listen(CrmHandle& self, const py::object& callback) {
  ProgressTap& tap = *static_cast<OpenCrm&>(self).tap;
  tap.callback = callback.is_none() ? Held() : Held(callback);
  tap.is_open = !callback.is_none();
}

void close(CrmHandle& self, const py::object& grace) {
  const auto wait = from_seconds(grace, Place{"grace"});
  const std::shared_ptr<State> state = self.state();
  if (state->is_in_callback()) {
    raise({.code = ErrorCode::failed_precondition, .message = "a callback cannot close its own CRM"});
  }
  without_gil([&] { state->close(wait); });
}

py::object session(CrmHandle& self, const py::object& user, const py::object& actor) {
  const std::string name = from_text(actor, "actor");
  const State::Use used = self.state()->use();
  return make_session(self.state(), used.crm(), user, name);
}

py::object run_batch(CrmHandle& self, const SessionHandle& session, const py::object& batch,
                     const py::object& progress, const py::object& stop) {
  const auto id = Python<BatchId>::load(batch, Place{"batch"});
  const State::Use used = session.use();
  self.state()->check_outside_jobs();
  LongCall call(self.state(), stop, progress);
  auto ended = without_gil([&] {
    return used.crm().run_batch(
        session.session(), id, [&](const BatchProgress& far) { call.report(far); }, call.token());
  });
  call.finish();
  return give_result(std::move(ended));
}

}  // namespace

py::object make_session(const std::shared_ptr<State>& state, Crm& crm, const py::object& user,
                        const std::string& actor) {
  auto add = [&](Session made) {
    return py::cast(std::make_shared<SessionHandle>(state, state->add(std::move(made))));
  };
  if (PyUnicode_Check(user.ptr())) return add(unwrap(crm.session(from_text(user, "user"), actor)));
  return add(crm.session(Python<UserId>::load(user, Place{"user"}), actor));
}

void define_crm(py::module_& module, CrmClass& crm) {
  py::class_<OpenCrm, CrmHandle, std::shared_ptr<OpenCrm>> opened(module, "_OpenCrm");
  module.def("open", open, py::arg("options"), py::arg("parts"));
  note_function(
      {.name = "open", .parameters = {{"options", "str"}, {"parts", "dict[str, Any]"}}, .result = "Crm"});
  module.def("operations_schema", [] { return to_text(without_gil([] { return operations_schema(); })); });
  note_function({.name = "operations_schema", .result = "str"});
  module.def("version", [] { return to_text(version()); });
  note_function({.name = "version", .result = "str", .blocks = false});
  module.def(
      "user_id",
      [](const py::object& name) { return to_uuid(unwrap(user_id(from_text(name, "name"))).value); },
      py::arg("name"));
  note_function({.name = "user_id", .parameters = {{"name", "str"}}, .result = "UUID", .blocks = false});
  module.def("close_all", close_all_states);
  note_function({.name = "close_all", .result = "None"});

  define_noted(
      crm,
      {.owner = "Crm", .name = "close", .parameters = {{"grace", duration_type, "30.0"}}, .result = "None"},
      close, py::arg("grace") = 30.0);
  crm.def_property_readonly("closed", [](const CrmHandle& self) { return self.state()->is_closed(); });
  define_noted(crm,
               {.owner = "Crm",
                .name = "session",
                .parameters = {{"user", "UUID | str"}, {"actor", "str", "\"user\""}},
                .result = "Session",
                .blocks = false},
               session, py::arg("user"), py::arg("actor") = "user");
  define_noted(crm,
               {.owner = "Crm",
                .name = "run_batch",
                .parameters = {{"session", "Session"},
                               {"batch", "UUID | str"},
                               {"progress", "Callable[[BatchProgress], object] | None", "None"},
                               {"stop", "Stop | None", "None"}},
                .result = "SyncBatch"},
               run_batch, py::arg("session"), py::arg("batch"), py::arg("progress") = py::none(),
               py::arg("stop") = py::none());
  define_noted(crm,
               {.owner = "Crm",
                .name = "listen",
                .parameters = {{"callback", "Callable[[JobProgress], object] | None"}},
                .result = "None",
                .blocks = false},
               listen, py::arg("callback"));
  define_noted(
      crm, {.owner = "Crm", .name = "backup", .parameters = {{"path", "str"}}, .result = "None"},
      [](CrmHandle& self, const py::object& path) {
        const std::string name = from_text(path, "path");
        self.call([&](Crm& open) { return open.admin().backup(name); });
      },
      py::arg("path"));
  define_noted(crm, {.owner = "Crm", .name = "check", .result = "tuple[str, ...]"}, [](CrmHandle& self) {
    return Python<std::vector<std::string>>::give(self.call([](Crm& open) { return open.admin().check(); }));
  });
  define_noted(crm, {.owner = "Crm", .name = "metrics_text", .result = "str"}, [](CrmHandle& self) {
    return to_text(self.call([](Crm& open) -> Result<std::string> { return open.metrics_text(); }));
  });
  define_noted(crm, {.owner = "Crm", .name = "schema_version", .result = "int"}, [](CrmHandle& self) {
    return self.call([](Crm& open) { return open.admin().schema_version(); });
  });
}

}  // namespace omnicrm::python
