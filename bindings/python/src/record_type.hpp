// Records without their C++ types: tables of fields, so that classes, dicts, comparison and hashes are
// compiled once for all records instead of once for each. The tables follow from the descriptions
// (record_class.hpp).
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "values.hpp"

namespace omnicrm::python {

inline std::size_t mix(std::size_t seed, std::size_t next) {
  return seed ^ (next + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

/// What can be done with the values of one C++ type; `value` points to one. The types' names are those of
/// stubs: `given` is what Python gets, `taken` what it may pass.
struct ValueType {
  void (*load)(void* value, py::handle from, const Place& place);
  py::object (*give)(const void* value);
  /// With records as dicts.
  py::object (*plain)(const void* value);
  bool (*same)(const void* one, const void* other);
  std::size_t (*hash)(const void* value);
  std::string (*given)();
  std::string (*taken)();
  /// A default as stubs show it.
  std::string (*default_text)(const void* value);
};

struct Field {
  const char* name;
  std::size_t offset;
  const ValueType* type;

  [[nodiscard]] void* in(void* record) const { return static_cast<std::byte*>(record) + offset; }
  [[nodiscard]] const void* in(const void* record) const {
    return static_cast<const std::byte*>(record) + offset;
  }
};

using OwnedRecord = std::unique_ptr<void, void (*)(void*)>;

/// One record. Filled when its class is defined, and not changed after that.
struct RecordType {
  std::string name;
  std::vector<Field> fields;
  OwnedRecord (*make)() = nullptr;
  OwnedRecord (*copy)(const void* record) = nullptr;
  std::string (*to_json)(const void* record) = nullptr;
  /// Throws.
  OwnedRecord (*from_json)(std::string_view text) = nullptr;
  /// The class in Python, kept for good.
  py::handle python_class;
  py::detail::type_info* python_type = nullptr;
};

// All need the interpreter's lock.

/// The record that a Python object holds; null when it is none of this type.
[[nodiscard]] void* record_in(const RecordType& type, py::handle value);
[[nodiscard]] py::object give_record(const RecordType& type, OwnedRecord record);
/// Fills a record from a mapping of its fields. Errors (thrown): TypeError for anything else.
void load_record(const RecordType& type, void* record, py::handle value, const Place& place);
void set_fields(const RecordType& type, void* record, const py::dict& values, const Place& place);
/// The record as a dict, with its nested records as dicts.
[[nodiscard]] py::object plain_record(const RecordType& type, const void* record);
[[nodiscard]] bool same_record(const RecordType& type, const void* one, const void* other);
[[nodiscard]] std::size_t hash_record(const RecordType& type, const void* record);

void add_field(RecordType& type, const char* name, std::size_t offset, const ValueType& value);
/// Gives the class its properties and methods, and notes them for stubs.
void define_members(RecordType& type, const py::object& python_class);

}  // namespace omnicrm::python
