// What the module offers, kept for the stub generator and the tests: `_native._describe()`.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

namespace omnicrm::python {

namespace py = pybind11;

struct Parameter {
  std::string name;
  std::string type;
  std::string default_text = {};  ///< as Python writes it; empty: must be given
};

/// A method or function. `owner` is its class, or empty.
struct FunctionInfo {
  std::string owner;
  std::string name;
  std::vector<Parameter> parameters;
  std::string result;
  /// It goes through `without_gil`.
  bool blocks = true;
};

void note_enum(const std::string& name, std::vector<std::string> values);
void note_record(const std::string& name, std::vector<Parameter> given, std::vector<Parameter> taken);
void note_function(FunctionInfo function);

/// Everything noted, as Python values.
[[nodiscard]] py::dict describe_module();

}  // namespace omnicrm::python
