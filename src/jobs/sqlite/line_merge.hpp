// Several kinds' lines, read as one.
#pragma once

#include <string>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "jobs/sqlite/rows.hpp"

namespace omnicrm::jobs::sqlite {

/// Ready jobs of some kinds in the order (priority, virtual_time, seq). Each kind's line is read from its own
/// index, one row ahead: kinds that are not asked for cost nothing, whatever waits there. While it is read,
/// nobody may change the jobs.
class LineMerge {
 public:
  explicit LineMerge(storage::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Result<void> open(const std::vector<std::string>& kinds);
  /// The next job; false when there is none.
  [[nodiscard]] Result<bool> next(JobRow& row);

 private:
  struct Line {
    storage::Query rows;
    std::int64_t priority = 0;
    std::int64_t virtual_time = 0;
    std::int64_t seq = 0;
  };

  /// False when the line is at its end.
  [[nodiscard]] static Result<bool> advance(Line& line);

  storage::Connection& connection_;
  std::vector<Line> lines_;
  Line* current_ = nullptr;  // was given; to be advanced before the next choice
};

}  // namespace omnicrm::jobs::sqlite
