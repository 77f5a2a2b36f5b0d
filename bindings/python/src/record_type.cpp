#include "record_type.hpp"

#include <algorithm>

#include "failure.hpp"
#include "registry.hpp"

namespace omnicrm::python {
namespace {

[[noreturn]] void raise_unexpected(const RecordType& type, const std::string& name) {
  throw py::type_error(type.name + "() got an unexpected keyword argument '" + name + "'");
}

/// The record that a method was called on.
void* self_in(const RecordType& type, py::handle self) {
  void* record = record_in(type, self);
  if (record == nullptr) raise_type(Place{"self"}, type.name.c_str(), self);
  return record;
}

py::object dict_of(py::handle values) {
  py::object fields = as_dict(values);
  if (!fields) raise_type(Place{"values"}, "a mapping", values);
  return fields;
}

/// What `py::class_::def` does, for a class whose C++ type is not known here.
template <class Function, class... Extra>
void add_method(const py::object& to, const char* name, Function&& function, const Extra&... extra) {
  const py::cpp_function made(std::forward<Function>(function), py::name(name), py::is_method(to),
                              py::sibling(py::getattr(to, name, py::none())), extra...);
  py::detail::add_class_method(const_cast<py::object&>(to), name, made);
}

template <class Function, class... Extra>
void add_static(const py::object& to, const char* name, Function&& function, const Extra&... extra) {
  const py::cpp_function made(std::forward<Function>(function), py::name(name), py::scope(to),
                              py::sibling(py::getattr(to, name, py::none())), extra...);
  to.attr(name) = py::staticmethod(made);
}

void add_properties(const RecordType& type, const py::object& to) {
  const py::handle property(reinterpret_cast<PyObject*>(&PyProperty_Type));
  py::tuple names(type.fields.size());
  std::size_t count = 0;
  for (const Field& field : type.fields) {
    const py::cpp_function getter(
        [&type, &field](const py::object& self) { return field.type->give(field.in(self_in(type, self))); },
        py::is_method(to));
    to.attr(field.name) = property(getter);
    names[count++] = field.name;
  }
  to.attr("_fields") = names;
}

void add_making(const RecordType& type, const py::object& to) {
  add_method(
      to, "__init__",
      [&type](py::detail::value_and_holder& self, const py::kwargs& values) {
        OwnedRecord record = type.make();
        set_fields(type, record.get(), values, Place{});
        self.value_ptr() = record.release();
      },
      py::detail::is_new_style_constructor());
  add_method(to, "replace", [&type](const py::object& self, const py::kwargs& changes) {
    OwnedRecord changed = type.copy(self_in(type, self));
    set_fields(type, changed.get(), changes, Place{});
    return give_record(type, std::move(changed));
  });
  add_static(
      to, "from_dict",
      [&type](const py::object& values) {
        const py::object fields = dict_of(values);
        OwnedRecord record = type.make();
        set_fields(type, record.get(), py::reinterpret_borrow<py::dict>(fields), Place{});
        return give_record(type, std::move(record));
      },
      py::arg("values"));
  add_static(
      to, "from_json",
      [&type](const py::object& text) { return give_record(type, type.from_json(from_text(text, "text"))); },
      py::arg("text"));
}

void add_showing(const RecordType& type, const py::object& to) {
  add_method(to, "to_dict",
             [&type](const py::object& self) { return plain_record(type, self_in(type, self)); });
  add_method(to, "to_json",
             [&type](const py::object& self) { return to_text(type.to_json(self_in(type, self))); });
  add_method(to, "__repr__",
             [](const py::object& self) { return import_once("omnicrm._display", "short")(self); });
  add_method(to, "_repr_html_",
             [](const py::object& self) { return import_once("omnicrm._display", "table")(self); });
}

void add_value_semantics(const RecordType& type, const py::object& to) {
  add_method(to, "__eq__", [&type](const py::object& self, const py::object& other) -> py::object {
    const void* theirs = record_in(type, other);
    if (theirs == nullptr) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
    return py::bool_(same_record(type, self_in(type, self), theirs));
  });
  add_method(to, "__hash__", [&type](const py::object& self) {
    return static_cast<Py_ssize_t>(hash_record(type, self_in(type, self)));
  });
  add_method(to, "__copy__", [](const py::object& self) { return self; });
  add_method(
      to, "__deepcopy__", [](const py::object& self, const py::object&) { return self; }, py::arg("memo"));
  add_method(to, "__reduce__", [](const py::object& self) {
    return py::make_tuple(import_once("omnicrm._values", "restore"),
                          py::make_tuple(py::type::of(self), self.attr("to_json")()));
  });
}

void note(const RecordType& type) {
  std::vector<Parameter> given;
  std::vector<Parameter> taken;
  const OwnedRecord defaults = type.make();
  for (const Field& field : type.fields) {
    given.push_back({field.name, field.type->given()});
    taken.push_back({field.name, field.type->taken(), field.type->default_text(field.in(defaults.get()))});
  }
  note_record(type.name, std::move(given), std::move(taken));
}

}  // namespace

void* record_in(const RecordType& type, py::handle value) {
  if (PyObject_TypeCheck(value.ptr(), type.python_type->type) == 0) return nullptr;
  auto* instance = reinterpret_cast<py::detail::instance*>(value.ptr());
  return instance->get_value_and_holder(type.python_type).value_ptr();
}

py::object give_record(const RecordType& type, OwnedRecord record) {
  const py::handle made = py::detail::type_caster_generic::cast(
      record.get(), py::return_value_policy::take_ownership, {}, type.python_type, nullptr, nullptr);
  if (!made) throw py::error_already_set();
  (void)record.release();
  return py::reinterpret_steal<py::object>(made);
}

void load_record(const RecordType& type, void* record, py::handle value, const Place& place) {
  const py::object fields = as_dict(value);
  if (!fields) raise_type(place, type.name.c_str(), value);
  set_fields(type, record, py::reinterpret_borrow<py::dict>(fields), place);
}

void set_fields(const RecordType& type, void* record, const py::dict& values, const Place& place) {
  for (const auto& entry : values) {
    const std::string name = from_text(entry.first, place);
    const auto field = std::ranges::find(type.fields, std::string_view(name), &Field::name);
    if (field == type.fields.end()) raise_unexpected(type, name);
    field->type->load(field->in(record), entry.second, Place{field->name, &place});
  }
}

py::object plain_record(const RecordType& type, const void* record) {
  py::dict fields;
  for (const Field& field : type.fields) fields[field.name] = field.type->plain(field.in(record));
  return py::object(std::move(fields));
}

bool same_record(const RecordType& type, const void* one, const void* other) {
  return std::ranges::all_of(
      type.fields, [&](const Field& field) { return field.type->same(field.in(one), field.in(other)); });
}

std::size_t hash_record(const RecordType& type, const void* record) {
  std::size_t seed = 0;
  for (const Field& field : type.fields) seed = mix(seed, field.type->hash(field.in(record)));
  return seed;
}

void add_field(RecordType& type, const char* name, std::size_t offset, const ValueType& value) {
  type.fields.push_back({name, offset, &value});
}

void define_members(RecordType& type, const py::object& python_class) {
  type.python_class = python_class.inc_ref();
  type.python_type = py::detail::get_type_info(reinterpret_cast<PyTypeObject*>(python_class.ptr()));
  python_class.attr("__module__") = "omnicrm";
  add_properties(type, python_class);
  add_making(type, python_class);
  add_showing(type, python_class);
  add_value_semantics(type, python_class);
  note(type);
}

}  // namespace omnicrm::python
