#include "values.hpp"

#include <datetime.h>

#include <cmath>
#include <map>
#include <mutex>

#include "failure.hpp"

namespace omnicrm::python {
namespace {

constexpr std::chrono::microseconds longest_wait = std::chrono::hours(24 * 365 * 100);

void import_datetime() {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

std::string type_name(py::handle value) {
  return Py_TYPE(value.ptr())->tp_name;
}

/// The text of a str; its first lone surrogate is named.
std::string_view utf8(py::handle value, const Place& place) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (text != nullptr) return {text, static_cast<std::size_t>(size)};
  if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) throw py::error_already_set();
  py::error_already_set thrown;
  const auto position = thrown.value().attr("start").cast<std::int64_t>();
  raise_invalid(place.text(),
                "has a lone surrogate at " + std::to_string(position) + ", which is no Unicode text");
}

}  // namespace

std::string Place::text() const {
  std::string full = outer != nullptr ? outer->text() : "";
  if (index >= 0) return full + "[" + std::to_string(index) + "]";
  if (!full.empty() && *name != '\0') full += '.';
  return full + name;
}

py::object import_once(const char* module, const char* name) {
  // Kept for good: they must outlive everything that C++ lets go of late. The interpreter's lock guards the
  // map.
  static auto& kept = *new std::map<std::pair<std::string_view, std::string_view>, PyObject*>();
  PyObject*& object = kept[{module, name}];
  if (object == nullptr) {
    py::object found = py::module_::import(module).attr(name);
    object = found.release().ptr();
  }
  return py::reinterpret_borrow<py::object>(object);
}

void raise_type(const Place& place, const char* expected, py::handle got) {
  throw py::type_error(place.text() + ": expected " + expected + ", got " + type_name(got));
}

py::object to_text(std::string_view text) {
  PyObject* made = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

std::string from_text(py::handle value, const Place& place) {
  if (!PyUnicode_Check(value.ptr())) raise_type(place, "a string", value);
  return std::string(utf8(value, place));
}

std::string from_bytes(py::handle value, const Place& place) {
  Py_buffer view;
  if (PyUnicode_Check(value.ptr()) || PyObject_GetBuffer(value.ptr(), &view, PyBUF_SIMPLE) != 0) {
    PyErr_Clear();
    raise_type(place, "bytes", value);
  }
  std::string bytes(static_cast<const char*>(view.buf), static_cast<std::size_t>(view.len));
  PyBuffer_Release(&view);
  return bytes;
}

std::int64_t from_int(py::handle value, const Place& place) {
  if (PyBool_Check(value.ptr()) || PyIndex_Check(value.ptr()) == 0) raise_type(place, "an integer", value);
  const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!index) throw py::error_already_set();
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow != 0) raise_invalid(place.text(), "does not fit 64 bits");
  if (number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return number;
}

bool from_bool(py::handle value, const Place& place) {
  if (!PyBool_Check(value.ptr())) raise_type(place, "True or False", value);
  return value.ptr() == Py_True;
}

double from_float(py::handle value, const Place& place) {
  if (PyBool_Check(value.ptr()) || PyNumber_Check(value.ptr()) == 0) raise_type(place, "a number", value);
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (!std::isfinite(number)) raise_invalid(place.text(), "is not a finite number");
  return number;
}

std::chrono::milliseconds from_seconds(py::handle value, const Place& place) {
  import_datetime();
  double seconds = 0;
  if (PyDelta_Check(value.ptr())) {
    seconds = value.attr("total_seconds")().cast<double>();
  } else {
    seconds = from_float(value, place);
  }
  const std::chrono::duration<double> longest = longest_wait;
  if (seconds < 0 || seconds > longest.count()) {
    raise_invalid(place.text(), "is outside 0 seconds to 100 years");
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

py::object to_uuid(const Uuid& id) {
  static PyObject* bytes_name = py::str("bytes").release().ptr();
  const auto bytes = py::reinterpret_steal<py::object>(
      PyBytes_FromStringAndSize(reinterpret_cast<const char*>(id.bytes.data()), 16));
  const py::object make = import_once("uuid", "UUID");
  PyObject* arguments[] = {nullptr, bytes.ptr()};
  static PyObject* names = py::make_tuple(py::reinterpret_borrow<py::object>(bytes_name)).release().ptr();
  PyObject* made = PyObject_Vectorcall(make.ptr(), arguments + 1, 0 | PY_VECTORCALL_ARGUMENTS_OFFSET, names);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

Uuid from_uuid(py::handle value, const Place& place) {
  if (PyUnicode_Check(value.ptr())) {
    const Result<Uuid> parsed = Uuid::parse(utf8(value, place));
    if (!parsed) raise_invalid(place.text(), "is not a UUID (8-4-4-4-12 hexadecimal digits)");
    return *parsed;
  }
  if (!py::isinstance(value, import_once("uuid", "UUID"))) raise_type(place, "a UUID or its text", value);
  const std::string bytes = from_bytes(value.attr("bytes"), place);
  Uuid id;
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

py::object to_datetime(Timestamp at) {
  import_datetime();
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::microseconds> time(at - day);
  if (int(date.year()) < 1 || int(date.year()) > 9999) {
    throw py::value_error("a time outside the years 1 to 9999: " + to_string(at));
  }
  PyObject* made = PyDateTimeAPI->DateTime_FromDateAndTime(
      int(date.year()), static_cast<int>(unsigned(date.month())), static_cast<int>(unsigned(date.day())),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()),
      PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

Timestamp from_datetime(py::handle value, const Place& place) {
  import_datetime();
  if (PyUnicode_Check(value.ptr())) {
    const Result<Timestamp> parsed = parse_timestamp(utf8(value, place));
    if (!parsed)
      raise_invalid(place.text(),
                    "is no RFC 3339 time with a zone (2002-08-22T12:36:23Z), of the years 1 to 9999");
    return *parsed;
  }
  if (!PyDateTime_Check(value.ptr())) raise_type(place, "an aware datetime or RFC 3339 text", value);
  const py::object offset = value.attr("utcoffset")();
  if (offset.is_none()) {
    raise_invalid(place.text(), "is a naive datetime; give it a zone: datetime(..., tzinfo=timezone.utc)");
  }
  using namespace std::chrono;
  PyObject* moment = value.ptr();
  const sys_days day = year(PyDateTime_GET_YEAR(moment)) / PyDateTime_GET_MONTH(moment) /
                       static_cast<int>(PyDateTime_GET_DAY(moment));
  const Timestamp local =
      day + hours(PyDateTime_DATE_GET_HOUR(moment)) + minutes(PyDateTime_DATE_GET_MINUTE(moment)) +
      seconds(PyDateTime_DATE_GET_SECOND(moment)) + microseconds(PyDateTime_DATE_GET_MICROSECOND(moment));
  PyObject* delta = offset.ptr();
  const Timestamp at =
      local - (days(PyDateTime_DELTA_GET_DAYS(delta)) + seconds(PyDateTime_DELTA_GET_SECONDS(delta)) +
               microseconds(PyDateTime_DELTA_GET_MICROSECONDS(delta)));
  if (at < sys_days(year(1) / January / 1) || at >= sys_days(year(9999) / December / 31) + days(1))
    raise_invalid(place.text(), "is outside of the years 1 to 9999 in UTC");
  return at;
}

py::object parse_json(std::string_view text) {
  if (text.empty() || text == "null") return py::none();
  if (text == "{}") return py::dict();
  const py::tuple found = import_once("omnicrm._values", "scan_json")(to_text(text), 0);
  return found[0];
}

std::string dump_json(py::handle value, const Place& place) {
  if (value.is_none()) return "null";
  try {
    return std::string(utf8(import_once("omnicrm._values", "dump_json")(value), place));
  } catch (py::error_already_set& thrown) {
    if (thrown.matches(PyExc_RecursionError)) raise_invalid(place.text(), "is nested too deep");
    if (thrown.matches(PyExc_TypeError)) {
      throw py::type_error(place.text() + ": " + from_text(py::str(thrown.value()), place));
    }
    if (thrown.matches(PyExc_ValueError) && !thrown.matches(import_once("omnicrm._errors", "Error"))) {
      raise_invalid(place.text(), from_text(py::str(thrown.value()), place));
    }
    throw;
  }
}

py::object as_dict(py::handle value) {
  if (PyDict_Check(value.ptr())) return py::reinterpret_borrow<py::object>(value);
  if (PyList_Check(value.ptr()) || PyTuple_Check(value.ptr()) || PyUnicode_Check(value.ptr()) ||
      !py::isinstance(value, import_once("collections.abc", "Mapping"))) {
    return py::object();
  }
  py::dict copy;
  if (PyDict_Merge(copy.ptr(), value.ptr(), 1) != 0) throw py::error_already_set();
  return copy;
}

std::string_view enum_text(py::handle value, py::handle enum_class, const Place& place) {
  if (!PyUnicode_Check(value.ptr())) raise_type(place, "a string or a member of its enumeration", value);
  if (!PyUnicode_CheckExact(value.ptr()) && !py::isinstance(value, enum_class) &&
      py::isinstance(value, import_once("enum", "Enum"))) {
    raise_type(place, std::string(py::str(enum_class.attr("__name__"))).c_str(), value);
  }
  return utf8(value, place);
}

}  // namespace omnicrm::python
