// The queue's SQL that differs between SQLite and PostgreSQL. All else in this room is one text for both.
#pragma once

#include <string_view>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs {

/// Whole statements; their columns and parameters are the same in both.
struct JobsDialect {
  /// The next ready jobs of some kinds (a JSON array), in the line's order: OMNICRM_JOB_COLUMNS. Parameters:
  /// kinds, limit.
  std::string_view select_ready;
  /// Whether there are ready and whether there are running jobs of some kinds.
  std::string_view select_exists;
  /// When the next scheduled job of some kinds is due.
  std::string_view select_next_due;
  /// Jobs that a worker holds and somebody wants cancelled.
  std::string_view select_cancels;
  /// The least virtual time that is ready at a priority, of all users' jobs; no row or null when there is
  /// none.
  std::string_view select_next_start;
  /// At the end of a SELECT whose row the transaction then changes: nobody else does so meanwhile, a claim
  /// least of all.
  std::string_view row_lock;
};

extern const JobsDialect sqlite_jobs;
extern const JobsDialect postgres_jobs;

[[nodiscard]] inline const JobsDialect& dialect_of(const storage::Connection& connection) {
  return connection.dialect() == storage::Dialect::sqlite ? sqlite_jobs : postgres_jobs;
}

}  // namespace omnicrm::jobs
