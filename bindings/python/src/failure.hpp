// Errors both ways: a Result's error becomes an exception, an exception in a callback becomes an error.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
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
/// with its type and text. Text or details that cannot be kept are lost, the rest is not. Remembers the
/// exception, so that `raise` on this thread can name it as the cause. An interrupt is `cancelled`, and
/// whoever listens on this thread hears of it. Needs the lock.
[[nodiscard]] Error error_of(py::error_already_set& thrown, bool retryable = false) noexcept;

/// KeyboardInterrupt, SystemExit and the like: not a failure of the callback.
[[nodiscard]] bool is_interrupt(py::error_already_set& thrown) noexcept;
/// An interrupt that came where nobody can be told: a Ctrl-C stays pending for the main thread.
void keep_interrupt(py::error_already_set& thrown) noexcept;

/// Hears of interrupts in callbacks.
class InterruptListener {
 public:
  /// With the interpreter's lock.
  virtual void interrupted(std::exception_ptr thrown) noexcept = 0;

 protected:
  ~InterruptListener() = default;
};
/// For as long as it lives, `listener` hears of this thread's; ended in the reverse order of their making.
class HearsInterrupts {
 public:
  explicit HearsInterrupts(InterruptListener& listener) noexcept;
  ~HearsInterrupts();
  HearsInterrupts(const HearsInterrupts&) = delete;
  HearsInterrupts& operator=(const HearsInterrupts&) = delete;

 private:
  InterruptListener* before_;
};

/// Around a call from Python: causes are remembered for as long.
void enter_call() noexcept;
void leave_call() noexcept;

/// Shows an exception that nobody can be told of (sys.unraisablehook); a Ctrl-C stays pending.
void show_unraisable(py::error_already_set& thrown, const char* where) noexcept;

/// Runs a callback whose failure nobody can be told of. Needs the lock.
template <class Work>
void or_show(const char* where, Work&& work) noexcept {
  try {
    work();
  } catch (py::error_already_set& thrown) {
    show_unraisable(thrown, where);
  } catch (const py::builtin_exception& thrown) {
    thrown.set_error();
    PyErr_WriteUnraisable(nullptr);
  } catch (const std::exception& thrown) {
    PyErr_SetString(PyExc_RuntimeError, thrown.what());
    PyErr_WriteUnraisable(nullptr);
  }
}

template <class T>
T unwrap(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace omnicrm::python
