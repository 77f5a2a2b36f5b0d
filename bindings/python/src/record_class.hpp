// The Python class of a described record, and the enumerations its members have.
#pragma once

#include <omnicrm/json.hpp>

#include "convert.hpp"
#include "registry.hpp"

namespace omnicrm::python {

template <DescribedEnum E>
void define_enum(py::module_& module) {
  if (enum_class<E> != nullptr) return;
  py::list members;
  std::vector<std::string> values;
  for (const std::string_view name : enum_names<E>) {
    // Upper case: `from` and `none` cannot be written as attributes.
    const py::object value = to_text(name);
    members.append(py::make_tuple(value.attr("upper")(), value));
    values.emplace_back(name);
  }
  const std::string name = class_name<E>();
  py::object made = import_once("enum", "StrEnum")(name, members, py::arg("module") = "omnicrm",
                                                   py::arg("qualname") = name);
  module.attr(name.c_str()) = made;
  std::size_t index = 0;
  for (py::handle member : made) enum_members<E>[index++] = member.inc_ref().ptr();
  enum_class<E> = made.release().ptr();
  note_enum(name, std::move(values));
}

template <class T>
struct DefineEnums {
  static void in(py::module_& module) {
    if constexpr (DescribedEnum<T>) define_enum<T>(module);
  }
};
template <class T>
struct DefineEnums<std::optional<T>> : DefineEnums<T> {};
template <class T>
struct DefineEnums<std::vector<T>> : DefineEnums<T> {};

/// The record with its nested records as dicts.
template <class T>
py::object plain(const T& value) {
  if constexpr (DescribedStruct<T>) {
    py::dict fields;
    for_each_member<T>([&](auto member) { fields[member.name] = plain(value.*(member.pointer)); });
    return py::object(std::move(fields));
  } else if constexpr (is_optional<T>) {
    return value ? plain(*value) : py::none();
  } else if constexpr (is_vector<T>) {
    py::list items;
    for (const auto& item : value) items.append(plain(item));
    return py::object(std::move(items));
  } else {
    return Python<T>::give(value);
  }
}

/// A default as stubs show it: only the short ones say something.
template <class M>
std::string default_text(const M& value) {
  if constexpr (is_optional<M>) return "None";
  if constexpr (std::is_same_v<M, bool>) return value ? "True" : "False";
  if constexpr (std::is_same_v<M, std::int64_t>) return std::to_string(value);
  if constexpr (std::is_same_v<M, std::string>) {
    return value.find_first_of("\\\"\n") == std::string::npos ? '"' + value + '"' : "...";
  }
  return "...";
}

template <class T>
void note_members() {
  std::vector<Parameter> given;
  std::vector<Parameter> taken;
  const T defaults{};
  for_each_member<T>([&](auto member) {
    using Member = member_type<T, decltype(member)>;
    given.push_back({member.name, Python<Member>::given()});
    taken.push_back({member.name, Python<Member>::taken(), default_text(defaults.*(member.pointer))});
  });
  note_record(class_name<T>(), std::move(given), std::move(taken));
}

template <class T>
void define_record(py::module_& module) {
  const std::string name = class_name<T>();
  py::class_<T> type(module, name.c_str());
  type.attr("__module__") = "omnicrm";
  py::list fields;
  for_each_member<T>([&](auto member) {
    using Member = member_type<T, decltype(member)>;
    DefineEnums<Member>::in(module);
    type.def_property_readonly(member.name, [pointer = member.pointer](const T& self) {
      return Python<Member>::give(self.*pointer);
    });
    fields.append(member.name);
  });
  type.attr("_fields") = py::tuple(fields);

  type.def(py::init([](const py::kwargs& values) {
    T record{};
    Python<T>::set_members(record, values, Place{});
    return record;
  }));
  type.def("replace", [](const T& self, const py::kwargs& changes) {
    T changed = self;
    Python<T>::set_members(changed, changes, Place{});
    return changed;
  });
  type.def("to_dict", [](const T& self) { return plain(self); });
  type.def("to_json", [](const T& self) { return to_text(to_json(self)); });
  type.def_static(
      "from_dict",
      [](const py::object& values) {
        const py::object fields = as_dict(values);
        if (!fields) raise_type(Place{"values"}, "a mapping", values);
        T record{};
        Python<T>::set_members(record, py::reinterpret_borrow<py::dict>(fields), Place{});
        return record;
      },
      py::arg("values"));
  type.def_static(
      "from_json", [](const py::object& text) { return unwrap(from_json<T>(from_text(text, "text"))); },
      py::arg("text"));

  type.def("__eq__", [](const T& self, const py::object& other) -> py::object {
    if (!py::isinstance<T>(other)) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
    return py::bool_(Python<T>::same(self, other.cast<const T&>()));
  });
  type.def("__hash__", [](const T& self) { return static_cast<Py_ssize_t>(Python<T>::hash(self)); });
  type.def("__copy__", [](const py::object& self) { return self; });
  type.def(
      "__deepcopy__", [](const py::object& self, const py::object&) { return self; }, py::arg("memo"));
  type.def("__reduce__", [](const py::object& self) {
    return py::make_tuple(import_once("omnicrm._values", "restore"),
                          py::make_tuple(py::type::of(self), self.attr("to_json")()));
  });
  type.def("__repr__", [](const py::object& self) { return import_once("omnicrm._display", "short")(self); });
  type.def("_repr_html_",
           [](const py::object& self) { return import_once("omnicrm._display", "table")(self); });
  note_members<T>();
}

}  // namespace omnicrm::python
