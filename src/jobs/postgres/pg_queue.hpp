// A user's side of the queue: pages, counts, cancelling, retrying, pausing.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "jobs/postgres/pg_enqueue.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs::postgres {

/// Each as `JobStore`'s function of that name.
[[nodiscard]] Result<Job> get(storage::Connection& connection, UserId user, JobId id);
[[nodiscard]] Result<Page<Job>> list(storage::Connection& connection, UserId user, const JobFilter& filter,
                                     std::int64_t limit, const std::optional<ListStart>& after);
[[nodiscard]] Result<std::vector<JobFailure>> failures(storage::Connection& connection, UserId user,
                                                       JobId id);
[[nodiscard]] Result<std::vector<KindStats>> stats(storage::Connection& connection,
                                                   std::optional<UserId> user);
[[nodiscard]] Result<Job> cancel(storage::Connection& connection, UserId user, JobId id, Timestamp now);
[[nodiscard]] Result<Job> retry(storage::Connection& connection, LineBounds& bounds, UserId user, JobId id,
                                Timestamp now);
[[nodiscard]] Result<void> remove(storage::Connection& connection, UserId user, JobId id);
[[nodiscard]] Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                                Timestamp now);
[[nodiscard]] Result<void> pause(storage::Connection& connection, std::optional<UserId> user,
                                 std::string_view kind, Timestamp now);
[[nodiscard]] Result<void> resume(storage::Connection& connection, std::optional<UserId> user,
                                  std::string_view kind, Timestamp now);

}  // namespace omnicrm::jobs::postgres
