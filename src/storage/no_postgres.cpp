// In place of src/storage/postgres, where the library is built without libpq.
#include <omnicrm/storage/postgres.hpp>

#include "core/errors.hpp"

namespace omnicrm::storage {

Result<std::unique_ptr<Storage>> postgres(const PostgresOptions& /*options*/) {
  return failure(
      ErrorCode::unsupported,
      "this OmniCRM was built without PostgreSQL (libpq was missing, or OMNICRM_WITH_POSTGRES=OFF)");
}

}  // namespace omnicrm::storage
