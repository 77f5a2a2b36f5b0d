#include "method.hpp"

#include <stdexcept>

namespace omnicrm::python {
namespace {

using Object = const py::object&;

}  // namespace

// One binding for each number of arguments, instead of one for each method: pybind11's part is the larger
// one.
void define_method(SessionClass& cls, FunctionInfo info, AnyMethod method) {
  const std::vector<Parameter>& named = info.parameters;
  const auto name = [&](std::size_t index) { return py::arg(named[index].name.c_str()); };
  const char* const called = info.name.c_str();
  switch (named.size()) {
    case 0:
      cls.def(called,
              [method = std::move(method)](const SessionHandle& self) { return method(self, nullptr); });
      break;
    case 1:
      cls.def(
          called,
          [method = std::move(method)](const SessionHandle& self, Object one) { return method(self, &one); },
          name(0));
      break;
    case 2:
      cls.def(
          called,
          [method = std::move(method)](const SessionHandle& self, Object one, Object two) {
            const py::object arguments[] = {one, two};
            return method(self, arguments);
          },
          name(0), name(1));
      break;
    case 3:
      cls.def(
          called,
          [method = std::move(method)](const SessionHandle& self, Object one, Object two, Object three) {
            const py::object arguments[] = {one, two, three};
            return method(self, arguments);
          },
          name(0), name(1), name(2));
      break;
    default:
      throw std::logic_error(info.name + " has too many arguments");
  }
  note_function(std::move(info));
}

}  // namespace omnicrm::python
