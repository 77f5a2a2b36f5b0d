// Jobs at set times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/schedule.hpp>

namespace omnicrm::jobs {

/// Which fire times to tell. @since 0.1
struct SchedulePreview {
  std::string cron;
  /// IANA name.
  std::string zone = "UTC";
  /// Those later than this; now when absent.
  std::optional<Timestamp> after;
  /// 1 to 1,000.
  std::int64_t count = 10;
};

/// One user's schedules. A schedule enqueues jobs of that user while a runner runs (`Runner::start`,
/// `run_until_idle`, `step`), in whichever process; each fire time is taken exactly once, in one transaction
/// with its job. Thread-safe; every call is a transaction of its own, or part of the session's. Blocks for
/// the storage.
///
/// A schedule whose job cannot be enqueued (a zone that is gone, an expression that does not read any more)
/// is paused with its `error`, and the others go on. Storage that is out of reach pauses nothing. @since 0.1
class Schedules {
 public:
  virtual ~Schedules() = default;

  /// Reads of `draft` the name, kind, payload, cron, zone, catch_up, paused, unique and priority. The first
  /// fire time is later than now. Errors: `invalid_argument` names the field (and, of `cron`, its field);
  /// `already_exists` (the name).
  virtual Result<Schedule> create(const Schedule& draft) = 0;
  virtual Result<Schedule> get(ScheduleId id) = 0;
  /// Writes the same fields but `paused`. The next fire time is reckoned anew, from now, if cron or zone
  /// differ. Errors: as of `create`; `conflict` (the version is not the stored one).
  virtual Result<Schedule> update(const Schedule& changed) = 0;
  /// Jobs that it has enqueued stay.
  virtual Result<void> remove(ScheduleId id) = 0;
  /// By name.
  virtual Result<Page<Schedule>> list(const PageRequest& page) = 0;
  /// Idempotent. Jobs that it has enqueued stay.
  virtual Result<Schedule> pause(ScheduleId id) = 0;
  /// Idempotent. Goes on with the next time from now: what fell into the pause is not caught up, whatever
  /// `catch_up` says. Clears `error`.
  virtual Result<Schedule> resume(ScheduleId id) = 0;
  /// The next fire times of an expression, in order; fewer at the end of the year 9999. Reads no storage.
  /// Errors: `invalid_argument` names the field.
  virtual Result<std::vector<Timestamp>> preview(const SchedulePreview& wanted) = 0;
};

}  // namespace omnicrm::jobs
