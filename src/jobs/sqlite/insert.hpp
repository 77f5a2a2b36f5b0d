// From a checked wish to a row.
#pragma once

#include <span>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/jobs/handler.hpp>

#include "jobs/store.hpp"

namespace omnicrm::jobs::sqlite {

/// See `JobStore::enqueue`.
[[nodiscard]] Result<std::vector<JobId>> insert_jobs(storage::Connection& connection, const StoreTools& tools,
                                                     UserId user, std::span<const NewJob> jobs);

}  // namespace omnicrm::jobs::sqlite
