// What a user sees of the queue: pages, counts, and a whole batch cancelled.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <omnicrm/jobs/queue.hpp>

namespace omnicrm::jobs {

/// Where a page starts: after this job.
struct ListStart {
  Timestamp created_at{};
  JobId id;
};

/// `invalid_argument` for a bad limit or a cursor that is none of ours.
[[nodiscard]] Result<std::optional<ListStart>> list_start(const PageRequest& page);
[[nodiscard]] Result<Page<Job>> list_jobs(storage::Connection& connection, UserId user,
                                          const JobFilter& filter, std::int64_t limit,
                                          const std::optional<ListStart>& after);
[[nodiscard]] Result<std::vector<KindStats>> kind_stats(storage::Connection& connection, UserId user);
[[nodiscard]] Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                                Timestamp now);

}  // namespace omnicrm::jobs
