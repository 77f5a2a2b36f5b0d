// What a user does to jobs that are there: cancel, retry, remove.
#pragma once

#include <cstdint>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs::sqlite {

// Errors of all: `not_found`.
[[nodiscard]] Result<void> cancel(storage::Connection& connection, UserId user, JobId id, Timestamp now);
/// Gives how many were not ended yet.
[[nodiscard]] Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                                Timestamp now);
/// `failed_precondition`: it is not dead or cancelled, or another one has its key by now.
[[nodiscard]] Result<void> retry(storage::Connection& connection, UserId user, JobId id, Timestamp now);
/// `failed_precondition`: it has not ended.
[[nodiscard]] Result<void> remove(storage::Connection& connection, UserId user, JobId id);

}  // namespace omnicrm::jobs::sqlite
