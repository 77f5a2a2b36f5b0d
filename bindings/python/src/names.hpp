// The Python names of C++ types, for messages and stubs.
#pragma once

#include <string>
#include <string_view>

namespace omnicrm::python {

/// The type's name without its namespaces, as the compiler writes it.
template <class T>
[[nodiscard]] constexpr std::string_view bare_name() {
  std::string_view text = __PRETTY_FUNCTION__;  // "... [with T = omnicrm::Contact; ...]" or "... [T = ...]"
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);  // npos + 1 is 0
}

/// The class's name in Python. The record of an error is not the exception `Error`.
template <class T>
[[nodiscard]] std::string class_name() {
  const std::string_view name = bare_name<T>();
  return name == "Error" ? "ErrorInfo" : std::string(name);
}

}  // namespace omnicrm::python
