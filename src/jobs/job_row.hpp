// A job's row: how it is read, and the JSON texts that it carries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/job.hpp>

#include "storage/query.hpp"

/// Every column of `jobs`, in the order that `read_job` expects. A macro, so that SQL stays one literal.
#define OMNICRM_JOB_COLUMNS                                                                         \
  "seq, user_id, id, kind, payload, state, priority, virtual_time, run_at, attempt, max_attempts, " \
  "unique_key, batch_id, lease_id, progress_done, progress_total, progress_note, error, result, "   \
  "cancel_requested, created_at, started_at, finished_at"

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
