// A whole database to another storage: no CRM is open for it.
#include <omnicrm/copy.hpp>

#include <string>
#include <tuple>

#include "interrupts.hpp"
#include "method.hpp"
#include "parts.hpp"
#include "values.hpp"

namespace omnicrm::python {
namespace {

std::string name_of(CopyStage stage) {
  switch (stage) {
    case CopyStage::rows:
      return "rows";
    case CopyStage::text:
      return "text";
    case CopyStage::verify:
      return "verify";
  }
  return "rows";
}

Result<CopyReport> copy(const std::string& from, const std::string& to, const CopyOptions& options) {
  auto source = options_from_json(from);
  if (!source) return fail(std::move(source).error());
  auto target = options_from_json(to);
  if (!target) return fail(std::move(target).error());
  return copy_database(*source, *target, options);
}

py::object copy_from_python(const py::object& from, const py::object& to, std::int64_t rows,
                            const py::object& progress, const py::object& stop) {
  const std::string source = from_text(from, "source");
  const std::string target = from_text(to, "target");
  LongCall call(std::make_shared<State>(), stop, progress);
  auto copied = without_gil([&] {
    return copy(source, target,
                {.rows_per_transaction = rows,
                 .progress =
                     [&call](const CopyProgress& at) {
                       call.report(std::make_tuple(name_of(at.stage), at.table, at.rows, at.total));
                     },
                 .stop = call.token()});
  });
  call.finish();
  const CopyReport report = unwrap(std::move(copied));
  return py::make_tuple(report.rows, report.tables, report.resumed, report.checksum);
}

}  // namespace

void define_copy(py::module_& module) {
  module.def("copy_database", copy_from_python, py::arg("source"), py::arg("target"), py::arg("rows"),
             py::arg("progress") = py::none(), py::arg("stop") = py::none());
  note_function({.name = "copy_database",
                 .parameters = {{"source", "str"},
                                {"target", "str"},
                                {"rows", "int"},
                                {"progress", "Callable[[tuple[str, str, int, int]], object] | None", "None"},
                                {"stop", "Stop | None", "None"}},
                 .result = "tuple[int, int, bool, str]"});
}

}  // namespace omnicrm::python
