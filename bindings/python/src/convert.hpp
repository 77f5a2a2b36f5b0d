// Python<T>: how each kind of C++ value is read from Python, given to Python and named in stubs. Written once
// per kind; records and enumerations follow from their descriptions.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "failure.hpp"
#include "model/reflect.hpp"
#include "names.hpp"
#include "record_type.hpp"
#include "values.hpp"

namespace omnicrm::python {

/// Members: `load(handle, place)`, `give(value)`, `same(a, b)`, `hash(value)`, and the types' names in stubs:
/// `given()` for what Python gets, `taken()` for what it may pass.
template <class T>
struct Python;

/// Values that compare and hash as they are.
template <class T>
struct Plain {
  static bool same(const T& one, const T& other) { return one == other; }
  static std::size_t hash(const T& value) { return std::hash<T>{}(value); }
};

template <>
struct Python<std::string> : Plain<std::string> {
  static std::string load(py::handle value, const Place& place) { return from_text(value, place); }
  static py::object give(const std::string& value) { return to_text(value); }
  static std::string given() { return "str"; }
  static std::string taken() { return "str"; }
};

template <>
struct Python<bool> : Plain<bool> {
  static bool load(py::handle value, const Place& place) { return from_bool(value, place); }
  static py::object give(bool value) { return py::bool_(value); }
  static std::string given() { return "bool"; }
  static std::string taken() { return "bool"; }
};

template <std::integral T>
struct Python<T> : Plain<T> {
  static T load(py::handle value, const Place& place) {
    const std::int64_t number = from_int(value, place);
    if (!std::in_range<T>(number)) raise_invalid(place.text(), "is out of range");
    return static_cast<T>(number);
  }
  static py::object give(T value) { return py::int_(value); }
  static std::string given() { return "int"; }
  static std::string taken() { return "int"; }
};

template <>
struct Python<double> : Plain<double> {
  static double load(py::handle value, const Place& place) { return from_float(value, place); }
  static py::object give(double value) { return py::float_(value); }
  static std::string given() { return "float"; }
  static std::string taken() { return "float"; }
};

template <>
struct Python<std::chrono::milliseconds> {
  static std::chrono::milliseconds load(py::handle value, const Place& place) {
    return from_seconds(value, place);
  }
  static std::string taken() { return "Seconds"; }
};

template <>
struct Python<Json> {
  static Json load(py::handle value, const Place& place) { return Json{dump_json(value, place)}; }
  static py::object give(const Json& value) { return parse_json(value.text); }
  static std::string given() { return "Any"; }
  static std::string taken() { return "Any"; }
  /// The same value however its text is written.
  static bool same(const Json& one, const Json& other) {
    return one == other || give(one).equal(give(other));
  }
  static std::size_t hash(const Json&) { return 0; }
};

template <class Tag>
struct Python<Id<Tag>> : Plain<Id<Tag>> {
  static Id<Tag> load(py::handle value, const Place& place) { return {from_uuid(value, place)}; }
  static py::object give(const Id<Tag>& value) { return to_uuid(value.value); }
  static std::string given() { return "UUID"; }
  static std::string taken() { return "UUID | str"; }
};

template <>
struct Python<Timestamp> {
  static Timestamp load(py::handle value, const Place& place) { return from_datetime(value, place); }
  static py::object give(Timestamp value) { return to_datetime(value); }
  static std::string given() { return "datetime"; }
  static std::string taken() { return "datetime | str"; }
  static bool same(Timestamp one, Timestamp other) { return one == other; }
  static std::size_t hash(Timestamp value) { return std::hash<std::int64_t>{}(to_micros(value)); }
};

// --- enumerations ------------------------------------------------------------------------------------

/// The StrEnum of E in package omnicrm; made by `define_enum`.
template <DescribedEnum E>
inline PyObject* enum_class = nullptr;
/// Its members in the order of the values.
template <DescribedEnum E>
inline std::array<PyObject*, enum_names<E>.size()> enum_members = {};

template <DescribedEnum E>
struct Python<E> {
  static E load(py::handle value, const Place& place) {
    const std::optional<E> found = enum_from_name<E>(enum_text(value, enum_class<E>, place));
    if (!found) raise_invalid(place.text(), "is none of " + enum_list<E>());
    return *found;
  }
  static py::object give(E value) {
    const auto first = reflect_detail::first_of<E>();
    const auto index = static_cast<std::size_t>(static_cast<std::underlying_type_t<E>>(value) - first);
    return py::reinterpret_borrow<py::object>(enum_members<E>.at(index));
  }
  static std::string given() { return class_name<E>(); }
  static std::string taken() { return class_name<E>() + "Like"; }
  static bool same(E one, E other) { return one == other; }
  static std::size_t hash(E value) { return static_cast<std::size_t>(value); }
};

// --- what holds others -------------------------------------------------------------------------------

template <class T>
struct Python<std::optional<T>> {
  static std::optional<T> load(py::handle value, const Place& place) {
    if (value.is_none()) return std::nullopt;
    return Python<T>::load(value, place);
  }
  static py::object give(const std::optional<T>& value) {
    return value ? Python<T>::give(*value) : py::none();
  }
  static std::string given() { return Python<T>::given() + " | None"; }
  static std::string taken() { return Python<T>::taken() + " | None"; }
  static bool same(const std::optional<T>& one, const std::optional<T>& other) {
    return one.has_value() == other.has_value() && (!one || Python<T>::same(*one, *other));
  }
  static std::size_t hash(const std::optional<T>& value) { return value ? Python<T>::hash(*value) : 0; }
};

/// Tuples in Python: a list could be changed, and the record would not know.
template <class T>
struct Python<std::vector<T>> {
  static std::vector<T> load(py::handle value, const Place& place) {
    if (PyUnicode_Check(value.ptr()) || PyBytes_Check(value.ptr()) || as_dict(value) ||
        !py::isinstance<py::iterable>(value)) {
      raise_type(place, "a list", value);
    }
    std::vector<T> items;
    for (py::handle item : value) {
      items.push_back(Python<T>::load(item, Place{"", &place, std::ssize(items)}));
    }
    return items;
  }
  static py::object give(const std::vector<T>& value) {
    py::tuple items(value.size());
    for (std::size_t index = 0; index < value.size(); ++index) items[index] = Python<T>::give(value[index]);
    return py::object(std::move(items));
  }
  static std::string given() { return "tuple[" + Python<T>::given() + ", ...]"; }
  static std::string taken() { return "Iterable[" + Python<T>::taken() + "]"; }
  static bool same(const std::vector<T>& one, const std::vector<T>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), Python<T>::same);
  }
  static std::size_t hash(const std::vector<T>& value) {
    std::size_t seed = value.size();
    for (const auto& item : value) seed = mix(seed, Python<T>::hash(item));
    return seed;
  }
};

/// A page is given as (items, next).
template <class T>
struct Python<Page<T>> {
  static py::object give(const Page<T>& page) {
    return py::make_tuple(Python<std::vector<T>>::give(page.items),
                          Python<std::optional<std::string>>::give(page.next));
  }
  static std::string given() { return "tuple[tuple[" + Python<T>::given() + ", ...], str | None]"; }
};

/// The table of a record, kept for good; filled by `define_record`.
template <class T>
inline RecordType& record_type = *new RecordType();

template <class T>
requires DescribedStruct<T>
struct Python<T> {
  /// A record, or a mapping of its fields.
  static T load(py::handle value, const Place& place) {
    if (const void* found = record_in(record_type<T>, value)) return *static_cast<const T*>(found);
    T record{};
    load_record(record_type<T>, &record, value, place);
    return record;
  }
  static py::object give(T value) {
    return give_record(record_type<T>,
                       {new T(std::move(value)), [](void* record) { delete static_cast<T*>(record); }});
  }
  static std::string given() { return class_name<T>(); }
  static std::string taken() { return class_name<T>() + " | Mapping[str, Any]"; }
  static bool same(const T& one, const T& other) { return same_record(record_type<T>, &one, &other); }
  static std::size_t hash(const T& record) { return hash_record(record_type<T>, &record); }
};

}  // namespace omnicrm::python
