// From a caller's wish to a row.
#pragma once

#include <vector>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/ids.hpp>
#include <omnicrm/jobs/handler.hpp>

#include "core/id_generator.hpp"

namespace omnicrm::jobs {

/// `invalid_argument` names the first field that is wrong.
[[nodiscard]] Result<void> check(const std::vector<NewJob>& jobs);

/// Writes checked jobs in the caller's transaction. Ids in the order given; of a job whose unique key is
/// taken by a waiting or running one, that one's.
[[nodiscard]] Result<std::vector<JobId>> insert_jobs(storage::Connection& connection, Clock& clock,
                                                     IdGenerator& ids, UserId user,
                                                     const std::vector<NewJob>& jobs);

/// Takes the unique key for `job`. The id of the job that has it already, or nothing.
[[nodiscard]] Result<std::optional<JobId>> take_key(storage::Connection& connection, UserId user,
                                                    const std::string& kind, const std::string& key,
                                                    JobId job);
/// Lets the key go, if the job has one.
[[nodiscard]] Result<void> release_key(storage::Connection& connection, UserId user, const Job& job);

}  // namespace omnicrm::jobs
