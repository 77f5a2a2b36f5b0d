// Single values between Python and C++: text, numbers, times, ids, JSON.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <cstdint>
#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <string>
#include <string_view>

namespace omnicrm::python {

namespace py = pybind11;

/// Where in an argument a value stands: "emails[2].value". Lives on the stack of the reader.
struct Place {
  const char* name = "";
  const Place* outer = nullptr;
  std::int64_t index = -1;

  [[nodiscard]] std::string text() const;
};

/// `module.name`, imported at the first call and kept for good.
[[nodiscard]] py::object import_once(const char* module, const char* name);

/// Wrong type: TypeError "emails: expected a string, got int".
[[noreturn]] void raise_type(const Place& place, const char* expected, py::handle got);

[[nodiscard]] py::object to_text(std::string_view text);
/// Errors: TypeError; InvalidArgument for lone surrogates, which UTF-8 cannot hold.
[[nodiscard]] std::string from_text(py::handle value, const Place& place);
[[nodiscard]] inline std::string from_text(py::handle value, const char* name) {
  return from_text(value, Place{name});
}

/// bytes, bytearray or memoryview.
[[nodiscard]] std::string from_bytes(py::handle value, const Place& place);

[[nodiscard]] std::int64_t from_int(py::handle value, const Place& place);
[[nodiscard]] bool from_bool(py::handle value, const Place& place);
[[nodiscard]] double from_float(py::handle value, const Place& place);
/// Seconds as a number, or a timedelta.
[[nodiscard]] std::chrono::milliseconds from_seconds(py::handle value, const Place& place);

[[nodiscard]] py::object to_uuid(const Uuid& id);
/// uuid.UUID, or its text.
[[nodiscard]] Uuid from_uuid(py::handle value, const Place& place);

/// An aware datetime in UTC.
[[nodiscard]] py::object to_datetime(Timestamp at);
/// An aware datetime of any zone, or RFC 3339 text. Errors: InvalidArgument for a naive one.
[[nodiscard]] Timestamp from_datetime(py::handle value, const Place& place);

/// Compact JSON as the library writes it.
[[nodiscard]] py::object parse_json(std::string_view text);
/// What `json.dumps` takes, and ids, times, enumerations and records besides.
[[nodiscard]] std::string dump_json(py::handle value, const Place& place);
[[nodiscard]] inline std::string dump_json(py::handle value) {
  return dump_json(value, Place{"json"});
}

/// A dict as it is, another mapping as a dict of its items; null for anything else.
[[nodiscard]] py::object as_dict(py::handle value);

/// A member of a StrEnum class as its value's text. Errors: TypeError for a member of another one.
[[nodiscard]] std::string_view enum_text(py::handle value, py::handle enum_class, const Place& place);

}  // namespace omnicrm::python
