// The pieces the module is put together from.
#pragma once

#include "handles.hpp"

namespace omnicrm::python {

/// The methods of contacts, organizations, the timeline and search.
void define_people(SessionClass& session);
/// The methods of tags, segments, tasks, settings and the audit log.
void define_lists(SessionClass& session);
/// The methods of sync, jobs and schedules, transactions and `call`.
void define_work(py::module_& module, SessionClass& session);
/// Opening, running jobs, administration.
void define_crm(py::module_& module, CrmClass& crm);
void define_runner(py::module_& module, CrmClass& crm);
/// Copying a database.
void define_copy(py::module_& module);

}  // namespace omnicrm::python
