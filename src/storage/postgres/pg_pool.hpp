// The open connections of one role: lent, given back, looked after.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "storage/postgres/pg_connection.hpp"

namespace omnicrm::storage {

/// Thread-safe. Must outlive what it lends.
class PgPool {
 public:
  struct GiveBack {
    PgPool* pool = nullptr;
    void operator()(PgConnection* connection) const noexcept { pool->give_back(connection); }
  };
  using Clock = std::chrono::steady_clock;
  using Lease = std::unique_ptr<PgConnection, GiveBack>;

  struct Counts {
    std::size_t open = 0;
    std::size_t idle = 0;
    std::uint64_t made = 0;  ///< connections ever opened
  };

  /// The options must outlive the pool.
  PgPool(const PostgresOptions& options, std::string url) : options_(options), url_(std::move(url)) {}

  /// An idle connection, or a new one; waits for `acquire_timeout` at the most. A server that does not answer
  /// is asked again with growing pauses. Errors: `resource_exhausted` (all are in use),
  /// `cancelled`, those of connecting.
  [[nodiscard]] Result<Lease> take(const std::stop_token& stop = {}) {
    return take(Clock::now() + options_.acquire_timeout, true, stop);
  }
  /// The same without patience: neither for a connection that is in use nor for a second attempt to connect.
  [[nodiscard]] Result<Lease> try_take() { return take(Clock::now() + options_.connect_timeout, false, {}); }
  /// After fork: the parent's connections are left alone.
  void abandon() noexcept;
  [[nodiscard]] Counts counts();

 private:
  Result<Lease> take(Clock::time_point deadline, bool is_patient, const std::stop_token& stop);
  void give_back(PgConnection* connection) noexcept;
  [[nodiscard]] bool is_too_old(const PgConnection& connection) const;
  Result<std::unique_ptr<PgConnection>> connect(Clock::time_point deadline, const std::stop_token& stop);

  const PostgresOptions& options_;
  const std::string url_;
  PgShapes shapes_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<PgConnection>> idle_;  // the last used last: its cache is the warmest
  std::size_t open_ = 0;                             // idle, lent or being made
  std::uint64_t made_ = 0;
  int refused_ = 0;  // connects that failed since one succeeded
  Clock::time_point next_connect_{};
  Error last_refusal_;
};

}  // namespace omnicrm::storage
