#include "records_list.hpp"

namespace omnicrm::python {

template void define_records<0>(py::module_& module);

}  // namespace omnicrm::python
