#include "session/session_schedules.hpp"

#include "jobs/schedules.hpp"
#include "repository/audit_log.hpp"

namespace omnicrm {

template <class F>
Result<Schedule> SessionSchedules::change(std::string_view operation, F&& change) const {
  return unit_.write([&](storage::Connection& connection) -> Result<Schedule> {
    OMNICRM_ASSIGN(Schedule schedule, change(connection));
    OMNICRM_TRY(repository::audit_change(connection, unit_, operation, "schedule", schedule.id.to_string()));
    return schedule;
  });
}

Result<Schedule> SessionSchedules::create(const Schedule& draft) {
  return change("schedules.create", [&](storage::Connection& connection) {
    return jobs::create_schedule(connection, unit_.user(), unit_.make_id<ScheduleId>(), draft, unit_.now());
  });
}

Result<Schedule> SessionSchedules::get(ScheduleId id) {
  return unit_.read(
      [&](storage::Connection& connection) { return jobs::find_schedule(connection, unit_.user(), id); });
}

Result<Schedule> SessionSchedules::update(const Schedule& changed) {
  return change("schedules.update", [&](storage::Connection& connection) {
    return jobs::update_schedule(connection, unit_.user(), changed, unit_.now());
  });
}

Result<void> SessionSchedules::remove(ScheduleId id) {
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(jobs::remove_schedule(connection, unit_.user(), id));
    return repository::audit_change(connection, unit_, "schedules.remove", "schedule", id.to_string());
  });
}

Result<Page<Schedule>> SessionSchedules::list(const PageRequest& page) {
  return unit_.read(
      [&](storage::Connection& connection) { return jobs::list_schedules(connection, unit_.user(), page); });
}

Result<Schedule> SessionSchedules::pause(ScheduleId id) {
  return change("schedules.pause", [&](storage::Connection& connection) {
    return jobs::pause_schedule(connection, unit_.user(), id, unit_.now());
  });
}

Result<Schedule> SessionSchedules::resume(ScheduleId id) {
  return change("schedules.resume", [&](storage::Connection& connection) {
    return jobs::resume_schedule(connection, unit_.user(), id, unit_.now());
  });
}

Result<std::vector<Timestamp>> SessionSchedules::preview(const jobs::SchedulePreview& wanted) {
  return jobs::preview_schedule(wanted, unit_.now());
}

}  // namespace omnicrm
