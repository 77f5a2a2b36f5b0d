// Jobs that wait for others: written at enqueue, released or cancelled when those end.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <omnicrm/jobs/handler.hpp>
#include <omnicrm/storage/storage.hpp>

#include "jobs/sqlite/rows.hpp"

namespace omnicrm::jobs::sqlite {

/// What a new job has to wait for.
struct Waits {
  std::vector<JobId> on_jobs;
  bool on_batch = false;
  /// One of them ended dead or cancelled: JSON of the error that cancels the job. Empty: none.
  std::string doomed;

  [[nodiscard]] bool any() const { return on_batch || !on_jobs.empty(); }
};

/// Looks at what `job`, number `index` of its call, names. Errors: `not_found` names `jobs[i].after_jobs[j]`;
/// `invalid_argument`: the job would wait for its own batch.
[[nodiscard]] Result<Waits> waits_of(storage::Connection& connection, UserId user, const NewJob& job,
                                     std::size_t index);
[[nodiscard]] Result<void> write_waits(storage::Connection& connection, UserId user, JobId job,
                                       const Waits& waits, const NewJob& wish);
/// Jobs have ended: those that wait for nothing else any more are let go, those whose dependency failed are
/// cancelled, and so on with theirs. Costs one look while nobody waits.
[[nodiscard]] Result<void> settle(storage::Connection& connection, std::span<const Ended> ended,
                                  Timestamp now);
/// The job waits for nothing any more, because it has ended itself.
[[nodiscard]] Result<void> forget_waits(storage::Connection& connection, UserId user, JobId job);

}  // namespace omnicrm::jobs::sqlite
