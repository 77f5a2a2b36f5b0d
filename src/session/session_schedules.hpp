// A user's schedules: jobs' rows, in the session's transactions and in its audit log.
#pragma once

#include <utility>

#include <omnicrm/jobs/schedule.hpp>

#include "repository/unit.hpp"

namespace omnicrm {

/// Belongs to a unit of work, bound or not.
class SessionSchedules final : public jobs::Schedules {
 public:
  explicit SessionSchedules(repository::Unit unit) : unit_(std::move(unit)) {}
  Result<Schedule> create(const Schedule& draft) override;
  Result<Schedule> get(ScheduleId id) override;
  Result<Schedule> update(const Schedule& changed) override;
  Result<void> remove(ScheduleId id) override;
  Result<Page<Schedule>> list(const PageRequest& page) override;
  Result<Schedule> pause(ScheduleId id) override;
  Result<Schedule> resume(ScheduleId id) override;
  Result<std::vector<Timestamp>> preview(const jobs::SchedulePreview& wanted) override;

 private:
  /// Runs `change(connection)`, which returns a Result<Schedule>, and says so in the audit log.
  template <class F>
  Result<Schedule> change(std::string_view operation, F&& change) const;

  repository::Unit unit_;
};

}  // namespace omnicrm
