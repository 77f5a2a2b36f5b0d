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

inline std::size_t mix(std::size_t seed, std::size_t next) {
  return seed ^ (next + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

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

template <class T>
requires DescribedStruct<T>
struct Python<T> {
  /// A record, or a mapping of its fields.
  static T load(py::handle value, const Place& place) {
    if (py::isinstance<T>(value)) return value.cast<const T&>();
    if (const py::object fields = as_dict(value)) {
      T record;
      set_members(record, py::reinterpret_borrow<py::dict>(fields), place);
      return record;
    }
    raise_type(place, class_name<T>().c_str(), value);
  }
  static py::object give(const T& value) { return py::cast(value); }
  static std::string given() { return class_name<T>(); }
  static std::string taken() { return class_name<T>() + " | Mapping[str, Any]"; }

  static void set_members(T& record, const py::dict& values, const Place& place) {
    for (const auto& entry : values) {
      const std::string name = from_text(entry.first, place);
      bool found = false;
      for_each_member<T>([&](auto member) {
        if (found || name != member.name) return;
        found = true;
        using Member = member_type<T, decltype(member)>;
        record.*(member.pointer) = Python<Member>::load(entry.second, Place{member.name, &place});
      });
      if (!found) {
        throw py::type_error(class_name<T>() + "() got an unexpected keyword argument '" + name + "'");
      }
    }
  }
  static bool same(const T& one, const T& other) {
    bool equal = true;
    for_each_member<T>([&](auto member) {
      using Member = member_type<T, decltype(member)>;
      equal = equal && Python<Member>::same(one.*(member.pointer), other.*(member.pointer));
    });
    return equal;
  }
  static std::size_t hash(const T& record) {
    std::size_t seed = 0;
    for_each_member<T>([&](auto member) {
      using Member = member_type<T, decltype(member)>;
      seed = mix(seed, Python<Member>::hash(record.*(member.pointer)));
    });
    return seed;
  }
};

}  // namespace omnicrm::python
