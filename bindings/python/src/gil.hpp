// The interpreter's lock: let go of around everything that can block, taken in callbacks.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

namespace omnicrm::python {

namespace py = pybind11;

/// How long `without_gil` sleeps first; the tests set it to see that other threads run meanwhile.
inline std::atomic<std::chrono::microseconds::rep> test_pause_us{0};

/// Runs `work` without the interpreter's lock. Every call into the library goes through here; `work` touches
/// no Python object but under `with_gil`.
template <class Work>
decltype(auto) without_gil(Work&& work) {
  const py::gil_scoped_release released;
  if (const auto pause = test_pause_us.load(std::memory_order_relaxed); pause > 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(pause));
  }
  return std::forward<Work>(work)();
}

template <class Work>
decltype(auto) with_gil(Work&& work) {
  const py::gil_scoped_acquire taken;
  return std::forward<Work>(work)();
}

/// A Python object that C++ keeps: may be copied and let go of on any thread, with or without the lock.
class Held {
 public:
  Held() = default;
  /// Needs the lock.
  explicit Held(py::object object) : object_(object.release().ptr(), let_go) {}

  /// Needs the lock.
  [[nodiscard]] py::object get() const {
    return object_ ? py::reinterpret_borrow<py::object>(object_.get()) : py::none();
  }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  static void let_go(PyObject* object) {
    if (object == nullptr || Py_IsInitialized() == 0) return;  // the interpreter took it along
    const py::gil_scoped_acquire taken;
    Py_DECREF(object);
  }

  std::shared_ptr<PyObject> object_;
};

}  // namespace omnicrm::python
