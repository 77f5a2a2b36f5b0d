#include "jobs/store.hpp"

namespace omnicrm::jobs {

std::shared_ptr<JobStore> make_store(storage::Dialect dialect) {
  return dialect == storage::Dialect::sqlite ? make_sqlite_store() : make_postgres_store();
}

}  // namespace omnicrm::jobs
