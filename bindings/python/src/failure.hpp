// Errors both ways: a Result's error becomes an exception, an exception in a callback becomes an error.
#pragma once

#include <pybind11/pybind11.h>

#include <omnicrm/core/result.hpp>
#include <string>
#include <utility>

namespace omnicrm::python {

namespace py = pybind11;

/// Throws the exception of package `omnicrm` that belongs to the error's code. Needs the lock.
[[noreturn]] void raise(const Error& error);

/// Throws `omnicrm.InvalidArgument` (a ValueError) with the field in its details.
[[noreturn]] void raise_invalid(const std::string& field, const std::string& reason);

/// What a callback's exception says: an `omnicrm.Error` keeps everything, another exception is `internal`
/// with its type and text. Remembers the exception, so that `raise` on this thread can name it as the cause.
/// Needs the lock.
[[nodiscard]] Error error_of(py::error_already_set& thrown, bool retryable = false);

/// KeyboardInterrupt, SystemExit and the like: not a failure of the callback.
[[nodiscard]] bool is_interrupt(py::error_already_set& thrown);
/// Around a call from Python: causes are remembered for as long.
void enter_call() noexcept;
void leave_call() noexcept;
/// Throws what interrupted a callback on this thread since the last look.
void rethrow_interrupt();

/// Shows an exception that nobody can be told of (sys.unraisablehook).
void show_unraisable(py::error_already_set& thrown, const char* where);

template <class T>
T unwrap(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace omnicrm::python
