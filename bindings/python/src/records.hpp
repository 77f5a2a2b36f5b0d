// All records, in four parts that compile side by side.
#pragma once

#include "record_class.hpp"

namespace omnicrm::python {

inline constexpr std::size_t record_parts = 4;

/// Defines every fourth record, from `part` on.
template <std::size_t part>
void define_records(py::module_& module);

}  // namespace omnicrm::python
