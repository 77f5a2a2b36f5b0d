// Jobs that come again.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// What happens to fire times that nobody was there to see (no worker ran, the clock was set forward). A time
/// counts as missed when it is found more than a minute late. docs/schedules.md. @since 0.1
enum class CatchUp {
  skip,  ///< missed times are left out; the next one is waited for
  once,  ///< one job for all that were missed
  all,   ///< a job for each, the latest 1,000 at the most
};

/// Enqueues a job of a kind again and again, at the times that a cron expression gives. @since 0.1
struct Schedule {
  ScheduleId id;
  /// Grows with each change that a caller makes; that it fired does not count.
  std::int64_t version = 1;
  /// Unique per user. 1 to 200 bytes.
  std::string name;
  /// Of the jobs. 1 to 100 bytes.
  std::string kind;
  /// Of the jobs, as it is: nothing is added. A JSON object.
  Json payload = Json::object();
  /// Five fields (minute, hour, day of month, month, day of week), six with seconds in front, or an alias
  /// like
  /// `@daily`. docs/schedules.md has the grammar.
  std::string cron;
  /// IANA name of the time zone whose wall clock `cron` means.
  std::string zone = "UTC";
  CatchUp catch_up = CatchUp::once;
  bool paused = false;
  /// A fire time gives no job while the one before still waits or runs.
  bool unique = false;
  /// Of the jobs; smaller runs first.
  std::int64_t priority = 100;
  /// When it fires next; absent while it is paused.
  std::optional<Timestamp> next_at;
  /// The latest fire time that gave a job (not: when that was enqueued).
  std::optional<Timestamp> last_at;
  /// Why it was paused by itself, as JSON of `Error`; or null.
  Json error;
  Timestamp created_at{};
  Timestamp updated_at{};

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

}  // namespace omnicrm
