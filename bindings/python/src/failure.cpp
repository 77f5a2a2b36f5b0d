#include "failure.hpp"

#include <exception>
#include <optional>

#include "gil.hpp"
#include "values.hpp"

namespace omnicrm::python {
namespace {

/// The exception that the last callback on this thread ended with, and the message it became.
struct Cause {
  Held exception;
  std::string message;
};
thread_local std::optional<Cause> last_cause;
/// Calls from Python that this thread is in: without one, nobody would look at the cause.
thread_local int calls_here = 0;
/// What interrupted a callback of a call of this thread that has no listener.
thread_local std::exception_ptr interrupt;
thread_local InterruptListener* listener = nullptr;

/// What fails in here is left out.
template <class Work>
void attempt(Work&& work) noexcept {
  try {
    work();
  } catch (py::error_already_set& other) {
    if (is_interrupt(other)) keep_interrupt(other);
  } catch (const std::exception&) {
  }
}

/// Any object as text; lone surrogates as "\\ud800".
std::string shown(py::handle value) {
  const py::str text(value);
  const auto bytes =
      py::reinterpret_steal<py::bytes>(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
  if (!bytes) throw py::error_already_set();
  return bytes;
}

/// The fields of an `omnicrm.Error`, each for itself: the host's own class may have anything there.
Error package_error(py::handle value) noexcept {
  Error error{.message = "an error that cannot be shown"};
  attempt([&] {
    const std::string code = shown(value.attr("code"));
    for (auto number = static_cast<std::int32_t>(ErrorCode::invalid_argument);
         number <= static_cast<std::int32_t>(ErrorCode::internal); ++number) {
      if (to_string(static_cast<ErrorCode>(number)) == code) error.code = static_cast<ErrorCode>(number);
    }
  });
  attempt([&] { error.message = shown(value.attr("message")); });
  attempt([&] {
    std::string details = dump_json(value.attr("details"), Place{"details"});
    if (details.starts_with('{') && details != "{}") error.details = std::move(details);
  });
  attempt([&] { error.retryable = py::bool_(value.attr("retryable")); });
  attempt([&] { error.needs_user = py::bool_(value.attr("needs_user")); });
  return error;
}

Error other_error(py::handle value, bool retryable) noexcept {
  Error error{.message = "an exception that cannot be shown", .retryable = retryable};
  attempt([&] {
    const std::string name = shown(py::type::of(value).attr("__qualname__"));
    error.message = name;
    const std::string text = shown(value);
    if (!text.empty()) error.message += ": " + text;
  });
  attempt([&] { error.details = dump_json(import_once("omnicrm._errors", "describe_exception")(value)); });
  return error;
}

bool is_cancelled_task(py::error_already_set& thrown) noexcept {
  bool is = false;
  attempt([&] { is = thrown.matches(import_once("asyncio", "CancelledError")); });
  return is;
}

void take_interrupt(py::error_already_set& thrown) noexcept {
  if (listener != nullptr) {
    listener->interrupted(std::make_exception_ptr(thrown));
  } else if (calls_here > 0) {
    interrupt = std::make_exception_ptr(thrown);
  } else {
    keep_interrupt(thrown);
  }
}

}  // namespace

void raise(const Error& error) {
  if (interrupt) std::rethrow_exception(std::exchange(interrupt, nullptr));
  const py::object make = import_once("omnicrm._errors", "make_error");
  py::object exception = make(std::string(to_string(error.code)), to_text(error.message),
                              error.details.empty() ? py::object(py::dict()) : parse_json(error.details),
                              error.retryable, error.needs_user);
  if (last_cause) {
    if (error.message.find(last_cause->message) != std::string::npos) {
      exception.attr("__cause__") = last_cause->exception.get();
    }
    last_cause.reset();
  }
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  throw py::error_already_set();
}

void raise_invalid(const std::string& field, const std::string& reason) {
  py::dict details;
  details["field"] = to_text(field);
  raise(
      {.code = ErrorCode::invalid_argument, .message = field + ": " + reason, .details = dump_json(details)});
}

Error error_of(py::error_already_set& thrown, bool retryable) noexcept {
  if (is_interrupt(thrown)) {
    take_interrupt(thrown);
    return {.code = ErrorCode::cancelled, .message = "interrupted", .retryable = true};
  }
  Error error{.message = "an exception that cannot be shown", .retryable = retryable};
  attempt([&] {
    const py::object value = thrown.value();
    if (thrown.trace()) PyException_SetTraceback(value.ptr(), thrown.trace().ptr());
    const bool is_ours = py::isinstance(value, import_once("omnicrm._errors", "Error"));
    error = is_ours ? package_error(value) : other_error(value, retryable);
    if (is_cancelled_task(thrown)) {
      error.code = ErrorCode::cancelled;
      error.retryable = true;
    }
    if (calls_here > 0) last_cause = Cause{.exception = Held(value), .message = error.message};
  });
  return error;
}

bool is_interrupt(py::error_already_set& thrown) noexcept {
  return !thrown.matches(PyExc_Exception) && !is_cancelled_task(thrown);
}

void keep_interrupt(py::error_already_set& thrown) noexcept {
  show_unraisable(thrown, "omnicrm");
}

HearsInterrupts::HearsInterrupts(InterruptListener& to) noexcept : before_(std::exchange(listener, &to)) {}
HearsInterrupts::~HearsInterrupts() {
  listener = before_;
}

void enter_call() noexcept {
  ++calls_here;
}

void leave_call() noexcept {
  if (--calls_here > 0) return;
  last_cause.reset();
  if (!interrupt) return;
  try {  // the call went on all the same
    std::rethrow_exception(std::exchange(interrupt, nullptr));
  } catch (py::error_already_set& thrown) {
    keep_interrupt(thrown);
  }
}

void show_unraisable(py::error_already_set& thrown, const char* where) noexcept {
  if (thrown.matches(PyExc_KeyboardInterrupt)) {
    PyErr_SetInterrupt();
  } else {
    thrown.discard_as_unraisable(where);
  }
}

}  // namespace omnicrm::python
