// A replica that answers the reads of sessions whose writes it has replayed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "storage/postgres/pg_pool.hpp"

namespace omnicrm::storage {

/// Whether it has replayed a session's writes is asked together with the read's own statements, so that it
/// costs nothing when it has; when it has not, the read is run again on the primary, and for a short while
/// nobody asks. Thread-safe.
class PgReplica {
 public:
  PgReplica(const PostgresOptions& options, std::string url) : pool_(options, std::move(url)) {}

  /// A connection for a read that must see everything up to `position`; none: ask the primary.
  [[nodiscard]] std::optional<PgPool::Lease> take(std::uint64_t position);
  /// The read that `take` lent for is over.
  void note_served();
  void note_behind(std::uint64_t replayed);
  void note_lost();

  [[nodiscard]] PgPool& pool() noexcept { return pool_; }

 private:
  using Clock = std::chrono::steady_clock;
  PgPool pool_;
  std::mutex mutex_;  // guards what follows
  std::uint64_t replayed_ = 0;
  Clock::time_point down_until_{};
  Clock::time_point behind_until_{};
  int downs_ = 0;
  int behinds_ = 0;
};

/// After a write: what the session's reads must see. Nothing if it could not be learned: then no replica
/// will do until the next write.
void note_written(WritePosition& written, std::optional<std::uint64_t> position) noexcept;

}  // namespace omnicrm::storage
