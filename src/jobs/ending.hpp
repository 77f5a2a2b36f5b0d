// How a claimed job ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <omnicrm/core/time.hpp>
#include <omnicrm/jobs/runner.hpp>

#include "jobs/job_row.hpp"

namespace omnicrm::jobs {

struct Progress {
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string note;
};

struct Ending {
  enum class How { done, failed, snoozed, given_back };

  JobRow row;  ///< as claimed: with its lease
  How how = How::done;
  Json result;
  Error error;
  /// Before the next start, of a snooze or a retry.
  std::chrono::microseconds delay{0};
  /// The handler marked the job itself, in its own transaction.
  bool marked_done = false;
  std::optional<Progress> progress;
};

}  // namespace omnicrm::jobs
