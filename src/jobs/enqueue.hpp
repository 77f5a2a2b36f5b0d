// What is asked of a new job before any store writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/jobs/handler.hpp>

namespace omnicrm::jobs {

/// `invalid_argument` names the first field that is wrong.
[[nodiscard]] Result<void> check(const std::vector<NewJob>& jobs);
/// A kind as a caller may write it, of a field of this name.
[[nodiscard]] Result<void> check_kind(std::string_view kind, std::string_view field = "kind");
/// What new jobs without a `trace` of their own get: the calling thread's, which may be none.
[[nodiscard]] std::string caller_trace();

}  // namespace omnicrm::jobs
