#include "record_class.hpp"
#include "registry.hpp"

namespace omnicrm::python {

PyObject* make_enum(py::module_& module, const std::string& name, std::span<const std::string_view> values,
                    std::span<PyObject*> members) {
  py::list pairs;
  std::vector<std::string> noted;
  for (const std::string_view text : values) {
    // Upper case: `from` and `none` cannot be written as attributes.
    const py::object value = to_text(text);
    pairs.append(py::make_tuple(value.attr("upper")(), value));
    noted.emplace_back(text);
  }
  py::object made =
      import_once("enum", "StrEnum")(name, pairs, py::arg("module") = "omnicrm", py::arg("qualname") = name);
  module.attr(name.c_str()) = made;
  std::size_t index = 0;
  for (py::handle member : made) members[index++] = member.inc_ref().ptr();
  note_enum(name, std::move(noted));
  return made.release().ptr();
}

}  // namespace omnicrm::python
