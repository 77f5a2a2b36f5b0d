// Who runs what: due jobs become ready, ready jobs become a worker's.
#pragma once

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
};

struct ClaimOrder {
  WorkerId worker;
  LeaseId lease;
  Timestamp now;
  std::vector<KindShare> shares;
  /// Of jobs that were started before, at most so many: those that can start at once. A job that kills its
  /// process then takes down only what really ran beside it, not what waited in the worker's queue.
  std::size_t restarts = 0;
};

struct Claim {
  std::vector<JobRow> jobs;  ///< running under the order's lease; lowest (priority, virtual_time, seq) first
  bool more = false;         ///< the line may hold more of these kinds
  bool restarts_left = false;         ///< jobs were passed over because of `restarts`
  std::optional<Timestamp> next_due;  ///< when the next scheduled job is due; asked when the line ran short
};

/// Moves scheduled jobs whose time has come into the line, at most some hundreds in one call; their fair turn
/// counts from now.
[[nodiscard]] Result<void> promote_due(storage::Connection& connection, Timestamp now);

/// Claims under one new lease. An empty claim writes nothing.
[[nodiscard]] Result<Claim> claim(storage::Connection& connection, const ClaimOrder& order);

}  // namespace omnicrm::jobs
