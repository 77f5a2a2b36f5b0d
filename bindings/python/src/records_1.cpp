#include "records_list.hpp"

namespace omnicrm::python {

template void define_records<1>(py::module_& module);

}  // namespace omnicrm::python
