// What is seen of the queue: pages, counts, evidence.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "jobs/store.hpp"

namespace omnicrm::jobs::sqlite {

[[nodiscard]] Result<Page<Job>> list_jobs(storage::Connection& connection, UserId user,
                                          const JobFilter& filter, std::int64_t limit,
                                          const std::optional<ListStart>& after);
/// Of all users without one.
[[nodiscard]] Result<std::vector<KindStats>> kind_stats(storage::Connection& connection,
                                                        std::optional<UserId> user);
/// Errors: `not_found`.
[[nodiscard]] Result<std::vector<JobFailure>> failures(storage::Connection& connection, UserId user,
                                                       JobId id);

}  // namespace omnicrm::jobs::sqlite
