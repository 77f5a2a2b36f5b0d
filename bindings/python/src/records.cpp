#include "records.hpp"

#include "model/records.hpp"
#include "operations/describe.hpp"
#include "record_class.hpp"

namespace omnicrm::python {

void define_records(py::module_& module) {
#define OMNICRM_RECORD(Type) define_record<Type>(module);
  OMNICRM_FOR_EACH_RECORD(OMNICRM_RECORD)
  OMNICRM_FOR_EACH_CALL_RECORD(OMNICRM_RECORD)
#undef OMNICRM_RECORD
}

}  // namespace omnicrm::python
