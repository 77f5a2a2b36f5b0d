// The tables of a described record and its class, and the enumerations its members have.
#pragma once

#include <omnicrm/json.hpp>
#include <span>

#include "convert.hpp"
#include "record_type.hpp"

namespace omnicrm::python {

/// Makes the StrEnum with these values and notes it; its members go to `members`, kept for good.
[[nodiscard]] PyObject* make_enum(py::module_& module, const std::string& name,
                                  std::span<const std::string_view> values, std::span<PyObject*> members);

template <DescribedEnum E>
void define_enum(py::module_& module) {
  if (enum_class<E> == nullptr) {
    enum_class<E> = make_enum(module, class_name<E>(), enum_names<E>, enum_members<E>);
  }
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

/// A value with records as dicts.
template <class T>
py::object plain(const T& value) {
  if constexpr (DescribedStruct<T>) {
    return plain_record(record_type<T>, &value);
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

template <class M>
const M& as(const void* value) {
  return *static_cast<const M*>(value);
}

template <class M>
inline constexpr ValueType value_type{
    .load = [](void* value, py::handle from,
               const Place& place) { *static_cast<M*>(value) = Python<M>::load(from, place); },
    .give = [](const void* value) { return Python<M>::give(as<M>(value)); },
    .plain = [](const void* value) { return plain(as<M>(value)); },
    .same = [](const void* one, const void* other) { return Python<M>::same(as<M>(one), as<M>(other)); },
    .hash = [](const void* value) { return Python<M>::hash(as<M>(value)); },
    .given = &Python<M>::given,
    .taken = &Python<M>::taken,
    .default_text = [](const void* value) { return default_text(as<M>(value)); },
};

template <class T>
OwnedRecord owned(T value) {
  return {new T(std::move(value)), [](void* record) { delete static_cast<T*>(record); }};
}

template <class T>
void define_record(py::module_& module) {
  RecordType& type = record_type<T>;
  type.name = class_name<T>();
  type.make = [] { return owned(T{}); };
  type.copy = [](const void* record) { return owned(as<T>(record)); };
  type.to_json = [](const void* record) { return to_json(as<T>(record)); };
  type.from_json = [](std::string_view text) { return owned(unwrap(from_json<T>(text))); };
  const T model{};
  const auto* begin = reinterpret_cast<const std::byte*>(&model);
  for_each_member<T>([&](auto member) {
    using Member = member_type<T, decltype(member)>;
    DefineEnums<Member>::in(module);
    const auto* place = reinterpret_cast<const std::byte*>(&(model.*(member.pointer)));
    add_field(type, member.name, static_cast<std::size_t>(place - begin), value_type<Member>);
  });
  define_members(type, py::class_<T>(module, type.name.c_str()));
}

}  // namespace omnicrm::python
