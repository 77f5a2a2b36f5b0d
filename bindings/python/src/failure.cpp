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
thread_local std::exception_ptr interrupt;

py::object package_error() {
  return import_once("omnicrm._errors", "Error");
}

}  // namespace

void raise(const Error& error) {
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

Error error_of(py::error_already_set& thrown, bool retryable) {
  if (is_interrupt(thrown)) {
    interrupt = std::make_exception_ptr(thrown);
    return {.code = ErrorCode::cancelled, .message = "interrupted", .retryable = true};
  }
  const py::object value = thrown.value();
  if (thrown.trace()) PyException_SetTraceback(value.ptr(), thrown.trace().ptr());
  Error error;
  try {
    if (py::isinstance(value, package_error())) {
      error = error_from(value);
    } else {
      const py::str name = py::type::of(value).attr("__qualname__");
      const std::string text = from_text(py::str(value), "exception");
      error.message = std::string(name) + (text.empty() ? "" : ": " + text);
      error.details = dump_json(import_once("omnicrm._errors", "describe_exception")(value));
      error.retryable = retryable;
    }
  } catch (py::error_already_set& other) {  // its __str__ throws, its text is no Unicode
    error = {.message = "an exception that cannot be shown", .retryable = retryable};
  }
  if (calls_here > 0) last_cause = Cause{.exception = Held(value), .message = error.message};
  return error;
}

bool is_interrupt(py::error_already_set& thrown) {
  return !thrown.matches(PyExc_Exception);
}

void enter_call() noexcept {
  ++calls_here;
}

void leave_call() noexcept {
  if (--calls_here == 0) last_cause.reset();
}

void rethrow_interrupt() {
  if (interrupt) std::rethrow_exception(std::exchange(interrupt, nullptr));
}

void show_unraisable(py::error_already_set& thrown, const char* where) {
  thrown.discard_as_unraisable(where);
}

}  // namespace omnicrm::python
