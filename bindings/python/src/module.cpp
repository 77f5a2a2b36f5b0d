// The module's start: in the main interpreter alone, once a process.
#include "method.hpp"
#include "operations/describe.hpp"
#include "parts.hpp"
#include "record_class.hpp"
#include "records.hpp"
#include "registry.hpp"
#include "values.hpp"

namespace omnicrm::python {
namespace {

/// For the benchmark: seconds that `count` calls take without Python.
double time_calls(const SessionHandle& self, const py::object& id, std::int64_t count, bool by_operation) {
  const auto contact = Python<ContactId>::load(id, Place{"id"});
  const std::string request = R"({"id":")" + contact.to_string() + "\"}";
  const State::Use used = self.use();
  return without_gil([&] {
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t done = 0; done < count; ++done) {
      if (by_operation) {
        (void)self.session().call("contacts.get", request).has_value();
      } else {
        (void)self.session().contacts().get(contact).has_value();
      }
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
}

void define_test_hooks(py::module_& module) {
  module.def("_describe", describe_module);
  module.def(
      "_pause_calls", [](double seconds) { test_pause_us = static_cast<std::int64_t>(seconds * 1e6); },
      py::arg("seconds"));
  module.def("_time_calls", time_calls, py::arg("session"), py::arg("id"), py::arg("count"),
             py::arg("by_operation"));
}

void fill(py::module_& module) {
  module.doc() = "The native half of package omnicrm; use the package.";
  define_enum<ErrorCode>(module);
  define_enum<IdentityKind>(module);
  define_records(module);
  CrmClass crm(module, "Crm");
  SessionClass session(module, "Session");
  define_people(session);
  define_lists(session);
  define_work(module, session);
  define_crm(module, crm);
  define_runner(module, crm);
  define_copy(module);
  define_test_hooks(module);
}

/// pybind11 keeps one set of types a process, and callbacks find the main interpreter's lock: a second
/// interpreter gets a clear refusal. (Multi-phase initialization, PEP 489, is what asks here again for each
/// interpreter.)
int execute(PyObject* object) {
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    PyErr_SetString(
        PyExc_ImportError,
        "omnicrm works in Python's main interpreter only, not in sub-interpreters; use threads or "
        "processes");
    return -1;
  }
  static PyObject* first = nullptr;
  if (first != nullptr) return PyDict_Update(PyModule_GetDict(object), first);  // imported again
  try {
    py::detail::get_internals();
    auto module = py::reinterpret_borrow<py::module_>(object);
    fill(module);
    first = PyDict_Copy(PyModule_GetDict(object));
    return first != nullptr ? 0 : -1;
  } catch (py::error_already_set& thrown) {
    py::raise_from(thrown, PyExc_ImportError, "omnicrm._native cannot be initialized");
  } catch (const std::exception& thrown) {
    PyErr_SetString(PyExc_ImportError, thrown.what());
  }
  return -1;
}

PyModuleDef_Slot slots[] = {{Py_mod_exec, reinterpret_cast<void*>(execute)}, {0, nullptr}};
PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", nullptr, 0, nullptr, slots, nullptr, nullptr, nullptr};

}  // namespace
}  // namespace omnicrm::python

extern "C" PYBIND11_EXPORT PyObject* PyInit__native() {
  PYBIND11_CHECK_PYTHON_VERSION
  return PyModuleDef_Init(&omnicrm::python::definition);
}
