// Parts of the library that the host writes in Python.
#pragma once

#include <memory>
#include <omnicrm/options.hpp>

#include "handles.hpp"

namespace omnicrm::python {

// What these throw is a Python exception about the object given. All need the interpreter's lock; the parts
// themselves are called without it, on any thread. `state` outlives them.

/// `function(JobContext)` gives a JSON-able result, or an omnicrm.Snooze; or raises.
[[nodiscard]] std::shared_ptr<jobs::Handler> make_handler(State* state, py::object function,
                                                          jobs::KindOptions options);
/// `factory(SyncSource)` gives an omnicrm.Source.
[[nodiscard]] sync::SourceFactory make_source_factory(State* state, py::object factory);
/// An omnicrm.Normalizer.
[[nodiscard]] std::shared_ptr<const sync::Normalizer> make_normalizer(State* state, py::object normalizer);
/// An object with `wants(level)` and `write(level, area, message, fields)`: the message has the fields, too;
/// levels are those of `logging`.
[[nodiscard]] std::shared_ptr<observe::Logger> make_logger(State* state, py::object sink);
/// A callable that gives an aware datetime.
[[nodiscard]] std::shared_ptr<Clock> make_clock(State* state, py::object now);

/// Who hears of the progress of jobs; the callback is read and set under the interpreter's lock.
struct ProgressTap {
  std::atomic<bool> is_open{false};
  Held callback;
};
[[nodiscard]] std::function<void(const jobs::JobProgress&)> make_progress_listener(
    State* state, std::shared_ptr<ProgressTap> tap);

/// A session as Python sees it. Needs the lock, within a use.
[[nodiscard]] py::object make_session(const std::shared_ptr<State>& state, Crm& crm, const py::object& user,
                                      const std::string& actor);

void define_job_context(py::module_& module);

}  // namespace omnicrm::python
