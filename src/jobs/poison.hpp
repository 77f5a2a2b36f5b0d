// What is said of a start that took its worker with it.
#pragma once

#include <cstdint>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::jobs {

/// The evidence of one start whose worker ended (crashed, was killed, lost its machine) while it held the
/// job.
[[nodiscard]] Error lost_start(std::string_view worker);
/// Whether an entry of `job_failures` is such evidence.
[[nodiscard]] bool is_lost_start(std::string_view error_json);
/// The error of a job that is dead after its last start ended this way: `lost` of `starts` did.
[[nodiscard]] Error poisoned(std::string_view worker, std::int64_t lost, std::int64_t starts);

}  // namespace omnicrm::jobs
