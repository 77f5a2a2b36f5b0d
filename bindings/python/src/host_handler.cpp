#include "host_parts.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

#include "method.hpp"
#include "operations/describe.hpp"

namespace omnicrm::python {
namespace {

/// What a handler is given: valid while it runs. Guarded by the interpreter's lock, and calls that let go of
/// it are counted, as other threads of the handler's may make them.
class ContextHandle {
 public:
  ContextHandle(State* state, jobs::Context* context) : state_(state), context_(context) {}

  /// Waits for calls of other threads.
  void end() {
    context_ = nullptr;
    without_gil([&] {
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [this] { return calls_ == 0; });
    });
  }

  /// Calls `work(jobs::Context&)` without the interpreter's lock.
  template <class Work>
  auto call(Work&& work) {
    jobs::Context& context = this->context();
    const Counted counted(*this);
    return without_gil([&] { return work(context); });
  }

  /// Runs `function` as a part of the job, on whatever thread: it may call while its CRM closes, and cannot
  /// close it. After the run it is a call like any other.
  py::object inside(const py::object& function) {
    if (context_ == nullptr) return function();
    const std::shared_ptr<State> state = state_->shared_from_this();
    const InCallback mark(state.get(), CallbackKind::job);
    return function();
  }

  [[nodiscard]] jobs::Context& context() const {
    if (context_ == nullptr) {
      raise({.code = ErrorCode::failed_precondition, .message = "the job's run has ended"});
    }
    return *context_;
  }
  [[nodiscard]] State& state() const { return *state_; }

 private:
  /// A call in progress.
  class Counted {
   public:
    explicit Counted(ContextHandle& handle) : handle_(handle) { handle_.count(1); }
    ~Counted() { handle_.count(-1); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

   private:
    ContextHandle& handle_;
  };
  void count(int change) {
    const std::lock_guard lock(mutex_);
    calls_ += change;
    if (calls_ == 0) ended_.notify_all();
  }

  State* state_;
  jobs::Context* context_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int calls_ = 0;
};

Result<jobs::Outcome> outcome_of(const py::object& result) {
  if (py::isinstance(result, import_once("omnicrm._errors", "Snooze"))) {
    return jobs::Outcome::snooze(from_seconds(result.attr("seconds"), Place{"Snooze.seconds"}));
  }
  return jobs::Outcome::done(Json{dump_json(result, Place{"result"})});
}

class PythonHandler final : public jobs::Handler {
 public:
  PythonHandler(State* state, py::object function, jobs::KindOptions options)
      : state_(state), function_(std::move(function)), options_(options) {}

  jobs::KindOptions options() const override { return options_; }

  Result<jobs::Outcome> run(jobs::Context& context) override {
    return with_gil([&]() -> Result<jobs::Outcome> {
      const InCallback mark(state_, CallbackKind::job);
      const auto handle = std::make_shared<ContextHandle>(state_, &context);
      Result<jobs::Outcome> outcome = run_with(handle);
      handle->end();
      return outcome;
    });
  }

 private:
  Result<jobs::Outcome> run_with(const std::shared_ptr<ContextHandle>& handle) {
    py::object result;
    try {
      result = function_.get()(py::cast(handle));
    } catch (py::error_already_set& thrown) {
      if (thrown.matches(import_once("omnicrm._errors", "Snooze"))) {
        result = thrown.value();
      } else {
        return fail(error_of(thrown, true));
      }
    } catch (const std::exception& thrown) {
      return fail({.message = thrown.what(), .retryable = true});
    }
    try {
      return outcome_of(result);
    } catch (py::error_already_set& thrown) {  // what it gave cannot be kept; running it again would not help
      return fail(error_of(thrown));
    } catch (const py::builtin_exception& thrown) {
      return fail({.code = ErrorCode::invalid_argument, .message = thrown.what()});
    } catch (const std::exception& thrown) {
      return fail({.message = thrown.what()});
    }
  }

  State* state_;
  Held function_;
  jobs::KindOptions options_;
};

using std::chrono::steady_clock;

void progress(ContextHandle& self, const py::object& done, const py::object& total, const py::object& note) {
  const std::int64_t done_count = from_int(done, Place{"done"});
  const std::int64_t total_count = from_int(total, Place{"total"});
  const std::string text = from_text(note, "note");
  self.call([&](jobs::Context& context) { context.progress(done_count, total_count, text); });
}

void log(ContextHandle& self, const py::object& message, const py::object& level) {
  const std::string text = from_text(message, "message");
  const std::string name = from_text(level, "level");
  constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) raise_invalid("level", "is none of debug, info, warning, error");
  const auto chosen = static_cast<observe::Level>(found - names.begin());
  self.call([&](jobs::Context& context) { context.log(chosen, text); });
}

void complete_in(ContextHandle& self, const SessionHandle& session, const py::object& result) {
  const std::string json = dump_json(result, Place{"result"});
  const State::Use used = session.use();
  if (session.state().get() != &self.state()) raise_invalid("session", "is another CRM's");
  unwrap(self.call([&](jobs::Context& context) { return session.session().complete(context, Json{json}); }));
}

py::object session_of(ContextHandle& self, const py::object& actor) {
  jobs::Context& context = self.context();
  const std::string name = from_text(actor, "actor");
  const State::Use used = self.state().use();
  return make_session(self.state().shared_from_this(), used.crm(), to_uuid(context.user().value), name);
}

}  // namespace

std::shared_ptr<jobs::Handler> make_handler(State* state, py::object function, jobs::KindOptions options) {
  return std::make_shared<PythonHandler>(state, std::move(function), options);
}

void define_job_context(py::module_& module) {
  py::class_<ContextHandle, std::shared_ptr<ContextHandle>> type(module, "JobContext");
  type.def_property_readonly("job", [](const ContextHandle& self) { return py::cast(self.context().job()); });
  type.def_property_readonly("user",
                             [](const ContextHandle& self) { return to_uuid(self.context().user().value); });
  type.def_property_readonly("seconds_left", [](const ContextHandle& self) {
    const std::chrono::duration<double> left = self.context().deadline() - steady_clock::now();
    return left.count();
  });
  define_noted(type, {.owner = "JobContext", .name = "should_stop", .result = "bool", .blocks = false},
               [](const ContextHandle& self) { return self.context().stop().stop_requested(); });
  define_noted(type,
               {.owner = "JobContext",
                .name = "progress",
                .parameters = {{"done", "int"}, {"total", "int", "0"}, {"note", "str", "\"\""}},
                .result = "None"},
               progress, py::arg("done"), py::arg("total") = 0, py::arg("note") = "");
  define_noted(type,
               {.owner = "JobContext",
                .name = "log",
                .parameters = {{"message", "str"}, {"level", "str", "\"info\""}},
                .result = "None",
                .blocks = false},
               log, py::arg("message"), py::arg("level") = "info");
  define_noted(type,
               {.owner = "JobContext",
                .name = "complete_in",
                .parameters = {{"session", "Session"}, {"result", "Any", "None"}},
                .result = "None"},
               complete_in, py::arg("session"), py::arg("result") = py::none());
  define_noted(type,
               {.owner = "JobContext",
                .name = "inside",
                .parameters = {{"function", "Callable[[], T]"}},
                .result = "T",
                .blocks = false},
               &ContextHandle::inside, py::arg("function"));
  define_noted(type,
               {.owner = "JobContext",
                .name = "session",
                .parameters = {{"actor", "str", "\"job\""}},
                .result = "Session",
                .blocks = false},
               session_of, py::arg("actor") = "job");
}

std::function<void(const jobs::JobProgress&)> make_progress_listener(State* state,
                                                                     std::shared_ptr<ProgressTap> tap) {
  return [state, tap = std::move(tap)](const jobs::JobProgress& progress) {
    if (!tap->is_open.load(std::memory_order_relaxed)) return;
    with_gil([&] {
      const InCallback mark(state);
      or_show("omnicrm: a listener of jobs' progress", [&] {
        if (tap->callback) tap->callback.get()(py::cast(progress));
      });
    });
  };
}

}  // namespace omnicrm::python
