// From checked wishes to rows: jobs, and chunks of them in their lines.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jobs/store.hpp"

namespace omnicrm::jobs::postgres {

/// Below which virtual start nothing is ready in a line any more: lookups begin there, so that they do not
/// walk over what was claimed before while an old transaction keeps it from being cleaned up. Thread-safe.
class LineBounds {
 public:
  using Line = std::pair<std::string, std::int64_t>;  // kind and priority
  [[nodiscard]] std::int64_t of(const Line& line) const;
  void raise(const Line& line, std::int64_t bound);

 private:
  mutable std::mutex mutex_;
  std::map<Line, std::int64_t> bounds_;
};

/// See `JobStore::enqueue`.
[[nodiscard]] Result<std::vector<JobId>> insert_jobs(storage::Connection& connection, LineBounds& bounds,
                                                     const StoreTools& tools, UserId user,
                                                     std::span<const NewJob> jobs);

/// Puts one job of the user into its line, with a turn from now.
[[nodiscard]] Result<void> put_in_line(storage::Connection& connection, LineBounds& bounds, UserId user,
                                       JobId id, const std::string& kind, std::int64_t priority,
                                       std::int64_t cost);

}  // namespace omnicrm::jobs::postgres
