// Schedules as rows.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/jobs/schedule.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs {

// What `Schedules` promises, in the caller's transaction; src/session/ makes the interface of it.

[[nodiscard]] Result<Schedule> create_schedule(storage::Connection& connection, UserId user, ScheduleId id,
                                               const Schedule& draft, Timestamp now);
[[nodiscard]] Result<Schedule> find_schedule(storage::Connection& connection, UserId user, ScheduleId id);
[[nodiscard]] Result<Schedule> update_schedule(storage::Connection& connection, UserId user,
                                               const Schedule& changed, Timestamp now);
[[nodiscard]] Result<void> remove_schedule(storage::Connection& connection, UserId user, ScheduleId id);
[[nodiscard]] Result<Page<Schedule>> list_schedules(storage::Connection& connection, UserId user,
                                                    const PageRequest& page);
[[nodiscard]] Result<Schedule> pause_schedule(storage::Connection& connection, UserId user, ScheduleId id,
                                              Timestamp now);
[[nodiscard]] Result<Schedule> resume_schedule(storage::Connection& connection, UserId user, ScheduleId id,
                                               Timestamp now);
[[nodiscard]] Result<std::vector<Timestamp>> preview_schedule(const SchedulePreview& wanted, Timestamp now);

// For the tick, which works for all users.

struct ScheduleRow {
  UserId user;
  Schedule schedule;
};

/// When the next schedule of all is due.
[[nodiscard]] Result<std::optional<Timestamp>> next_due(storage::Connection& connection);
/// The first that are due, and those whose last fire time is later than `ahead` (the clock was set back).
[[nodiscard]] Result<std::vector<ScheduleRow>> due_schedules(storage::Connection& connection, Timestamp now,
                                                             Timestamp ahead, std::size_t limit);
/// Moves a schedule on to `next` if it still is as it was read; `fired`: the latest time that gives a job.
/// False: it is not, so somebody else took those times or changed it.
[[nodiscard]] Result<bool> advance_schedule(storage::Connection& connection, const ScheduleRow& read,
                                            std::optional<Timestamp> next, std::optional<Timestamp> last);
/// Pauses it with the error, on the same condition.
[[nodiscard]] Result<bool> stop_schedule(storage::Connection& connection, const ScheduleRow& read,
                                         const Error& error, Timestamp now);

}  // namespace omnicrm::jobs
