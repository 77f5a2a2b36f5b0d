// Binds a method of a C++ interface by its address: arguments and result are converted by their types.
#pragma once

#include <array>
#include <functional>
#include <tuple>
#include <utility>

#include "convert.hpp"
#include "handles.hpp"
#include "registry.hpp"

namespace omnicrm::python {

template <class T>
struct StoredAs {
  using type = std::remove_cvref_t<T>;
};
template <>
struct StoredAs<std::string_view> {
  using type = std::string;
};
template <class T>
using Stored = typename StoredAs<std::remove_cvref_t<T>>::type;

template <class T>
std::string given_name() {
  if constexpr (std::is_void_v<T>)
    return "None";
  else
    return Python<T>::given();
}

template <class T>
py::object give_result(Result<T> result) {
  if constexpr (std::is_void_v<T>) {
    unwrap(std::move(result));
    return py::none();
  } else {
    return Python<T>::give(unwrap(std::move(result)));
  }
}

/// A method with its C++ types behind it: takes the session and as many arguments as it has names.
using AnyMethod = std::function<py::object(const SessionHandle&, const py::object* arguments)>;
/// Defines it; at most three arguments.
void define_method(SessionClass& cls, FunctionInfo info, AnyMethod method);

namespace method_detail {

template <class Part, class Method, class R, class... As, std::size_t... N>
void define(SessionClass& cls, const char* name, Part part, Method method,
            const std::array<const char*, sizeof...(As)>& names, std::index_sequence<N...>) {
  define_method(
      cls,
      {.owner = "Session",
       .name = name,
       .parameters = {Parameter{names[N], Python<Stored<As>>::taken()}...},
       .result = given_name<R>()},
      [part, method, names](const SessionHandle& self, const py::object* values) -> py::object {
        (void)names, (void)values;
        const std::tuple<Stored<As>...> arguments{Python<Stored<As>>::load(values[N], Place{names[N]})...};
        const State::Use used = self.use();
        return give_result(
            without_gil([&] { return ((self.session().*part)().*method)(std::get<N>(arguments)...); }));
      });
}

}  // namespace method_detail

/// `method(session, "contacts_get", &Session::contacts, &repository::Contacts::get, "id")`.
template <class Interface, class R, class... As, class... Names>
void method(SessionClass& cls, const char* name, Interface& (Session::*part)() noexcept,
            Result<R> (Interface::*call)(As...), Names... names) {
  static_assert(sizeof...(Names) == sizeof...(As), "a name for each parameter");
  method_detail::define<decltype(part), decltype(call), R, As...>(cls, name, part, call, {names...},
                                                                  std::index_sequence_for<As...>{});
}

/// Like `class.def`, and noted for stubs and tests. `types`: name, type and default of each parameter.
template <class Class, class Function, class... Extra>
void define_noted(Class& cls, FunctionInfo info, Function function, const Extra&... extra) {
  cls.def(info.name.c_str(), function, extra...);
  note_function(std::move(info));
}

}  // namespace omnicrm::python
