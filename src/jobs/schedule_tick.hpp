// What is due is enqueued, by one leader at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/observe/logger.hpp>
#include <omnicrm/storage/storage.hpp>

#include "core/id_generator.hpp"
#include "jobs/wakeup.hpp"

namespace omnicrm::jobs {

struct TickParts {
  std::shared_ptr<storage::Storage> storage;
  /// For the times that stand in jobs; what is due is judged by the `now` of each tick.
  std::shared_ptr<Clock> clock;
  std::shared_ptr<IdGenerator> ids;
  std::shared_ptr<Wakeup> wakeup;
  std::shared_ptr<observe::Logger> logger;
  /// Who leads.
  WorkerId worker;
  /// How long it leads after its last tick that found something due.
  std::chrono::milliseconds lease{15'000};
  /// Schedules that one tick serves at the most, so that the caller gets back to its heart.
  std::size_t limit = 1'000;
};

struct TickResult {
  /// False: another worker leads, or nothing was due.
  bool leads = false;
  std::int64_t fired = 0;    ///< schedules that enqueued
  std::int64_t jobs = 0;     ///< jobs they enqueued
  std::int64_t stopped = 0;  ///< schedules that were paused with an error
  std::int64_t waiting = 0;  ///< schedules that the storage failed on; they stay due
  /// When the next tick is worth its round trip; absent: nothing is scheduled. Another process may add an
  /// earlier one at any time, so an engine asks now and then all the same.
  std::optional<Timestamp> next_at;
};

/// Enqueues the jobs of all schedules that are due.
///
/// A tick that finds nothing due is one read. Otherwise it takes or renews the lease (a row of `leaders`),
/// unless another worker holds it, and serves the schedules one by one: a transaction each that moves the
/// schedule on, only if it still is as it was read, and enqueues. So two who both believe that they lead fire
/// each time once. The lease merely spares them each other's work; one that reaches further than anybody
/// could have taken it (a clock was set back) does not count.
///
/// A fire time is missed when it is found more than a minute late, or two leases if that is more: so the
/// change of a leader loses none. If the last fire time lies 3 hours and more ahead of `now`, the clock was
/// wrong before (cron(8) draws the line there): the schedule goes on from `now`. After smaller steps back it
/// waits until the clock is there again.
///
/// Thread-safe. Blocks for the storage: a read, and a write for each schedule that is due. Errors: the
/// storage's, when it cannot be read or the lease not be taken.
[[nodiscard]] Result<TickResult> tick(const TickParts& parts, Timestamp now);

/// Gives the lease back, so that another worker need not wait for it to lapse. Nothing happens to a worker
/// that does not lead.
[[nodiscard]] Result<void> resign(const TickParts& parts);

}  // namespace omnicrm::jobs
