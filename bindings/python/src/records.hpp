// The classes of all records.
#pragma once

#include <pybind11/pybind11.h>

namespace omnicrm::python {

void define_records(pybind11::module_& module);

}  // namespace omnicrm::python
