// Which records a part defines: every fourth of the described ones.
#pragma once

#include <boost/mp11.hpp>

#include "model/records.hpp"
#include "operations/describe.hpp"
#include "records.hpp"

namespace omnicrm::python {

#define OMNICRM_RECORD(Type) , Type
using AllRecords = boost::mp11::mp_pop_front<boost::mp11::mp_list<void OMNICRM_FOR_EACH_RECORD(
    OMNICRM_RECORD) OMNICRM_FOR_EACH_CALL_RECORD(OMNICRM_RECORD)>>;
#undef OMNICRM_RECORD

template <std::size_t part>
void define_records(py::module_& module) {
  boost::mp11::mp_for_each<boost::mp11::mp_iota<boost::mp11::mp_size<AllRecords>>>([&](auto index) {
    if constexpr (index % record_parts == part) {
      define_record<boost::mp11::mp_at_c<AllRecords, index>>(module);
    }
  });
}

}  // namespace omnicrm::python
