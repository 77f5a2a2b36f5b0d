// Who has a unique key, and until when.
#pragma once

#include <optional>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/jobs/handler.hpp>
#include <omnicrm/model/job.hpp>
#include <omnicrm/storage/storage.hpp>

#include "jobs/unique_scope.hpp"

namespace omnicrm::jobs::sqlite {

/// How a key is wanted.
struct KeyWish {
  UserId user;
  std::string_view kind;
  std::string_view key;
  UniqueScope scope = UniqueScope::unfinished;
  Timestamp until{};  ///< the end of its period; 0: none
};

/// Takes the key for `job`. The id of the job that has it already, or nothing. A key that its holder's scope
/// does not guard any more is taken over.
[[nodiscard]] Result<std::optional<JobId>> take_key(storage::Connection& connection, const KeyWish& wish,
                                                    JobId job, Timestamp now);
/// The job has ended: lets its key go, if it has one and no period guards it.
[[nodiscard]] Result<void> release_key(storage::Connection& connection, UserId user, const Job& job,
                                       Timestamp now);

}  // namespace omnicrm::jobs::sqlite
