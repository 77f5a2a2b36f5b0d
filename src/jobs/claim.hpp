// What a worker asks for, and what it gets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/time.hpp>

#include "jobs/job_row.hpp"

namespace omnicrm::jobs {

/// Jobs of some kinds, and how many of them are wanted.
struct KindShare {
  std::string kinds;  ///< a JSON array of names
  std::size_t limit = 0;
  /// What holds for all processes together, of a share of one kind; 0: no limit (`KindOptions`).
  std::int64_t max_global = 0;
  std::int64_t rate_limit = 0;
  std::chrono::milliseconds rate_period{1'000};
};

struct Claim {
  std::vector<JobRow> jobs;  ///< running under the round's lease; lowest (priority, virtual_time, seq) first
  bool more = false;         ///< the line may hold more of these kinds
  bool restarts_left = false;         ///< jobs were passed over because of `restarts`
  std::optional<Timestamp> next_due;  ///< when the next scheduled job is due; asked when the line ran short
};

}  // namespace omnicrm::jobs
