// Who has a unique key, and until when.
#pragma once

#include <optional>

#include "jobs/store.hpp"
#include "jobs/unique_scope.hpp"

namespace omnicrm::jobs::postgres {

/// Takes the key for the new job `id`. The id of the job that has it, or nothing.
[[nodiscard]] Result<std::optional<JobId>> take_key(storage::Connection& connection, UserId user,
                                                    const NewJob& job, JobId id, Timestamp now);
/// The job has ended: its key goes, unless a period guards it.
[[nodiscard]] Result<void> release_key(storage::Connection& connection, UserId user, const Job& job,
                                       Timestamp now);
/// The job has started: a key that guards waiting jobs only goes.
[[nodiscard]] Result<void> release_started_key(storage::Connection& connection, UserId user, const Job& job);

}  // namespace omnicrm::jobs::postgres
