// A job's row: how it is read, and the JSON texts that it carries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/job.hpp>

#include "storage/query.hpp"

namespace omnicrm::jobs {

/// A job with what only its table knows: its place and its owner.
struct JobRow {
  std::int64_t seq = 0;
  UserId user;
  Job job;
};

/// An error as a job keeps it: the members of `Error`, with `details` as JSON where it is JSON.
[[nodiscard]] std::string error_json(const Error& error);

[[nodiscard]] bool is_json(std::string_view text);
[[nodiscard]] bool is_json_object(std::string_view text);

}  // namespace omnicrm::jobs
