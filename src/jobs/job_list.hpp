// Pages of jobs, whatever the store: where they start and how that is written.
#pragma once

#include <optional>
#include <string>

#include <omnicrm/jobs/queue.hpp>

#include "jobs/store.hpp"

namespace omnicrm::jobs {

/// `invalid_argument` for a bad limit or a cursor that is none of ours.
[[nodiscard]] Result<std::optional<ListStart>> list_start(const PageRequest& page);
/// The cursor of the page after this job.
[[nodiscard]] std::string list_cursor(const Job& job);

}  // namespace omnicrm::jobs
