// The open connections of one role: lent, given back, looked after.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "storage/postgres/pg_connection.hpp"

namespace omnicrm::storage {

/// Thread-safe. Must outlive what it lends.
///
/// Who waits stands in a line, and each return wakes the first of it alone. Whoever comes while a connection
/// is free takes it, also past the line: a thread that runs need not sleep and be woken for each read. But
/// once the first has waited for `patience`, what comes back is its own (as Go's sync.Mutex does in its
/// starvation mode).
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
    std::uint64_t made = 0;               ///< connections ever opened
    std::size_t waiting = 0;              ///< calls that wait for one now
    std::uint64_t waits = 0;              ///< calls that have waited so far
    std::chrono::microseconds waited{0};  ///< all of them together
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
  /// One that waits, on its own stack.
  struct Waiter {
    std::condition_variable_any woken;
    Clock::time_point since;
    bool is_served = false;                    ///< a return was kept for it
    std::unique_ptr<PgConnection> connection;  ///< what it was served; null: the right to open one
  };
  static constexpr std::chrono::milliseconds patience{5};

  Result<Lease> take(Clock::time_point deadline, bool is_patient, const std::stop_token& stop);
  void give_back(PgConnection* connection) noexcept;
  /// An idle connection, or null: the right to open one, counted in `open_`.
  Result<std::unique_ptr<PgConnection>> acquire(Clock::time_point deadline, bool is_patient,
                                                const std::stop_token& stop);
  Result<std::unique_ptr<PgConnection>> stand_in_line(std::unique_lock<std::mutex>& lock,
                                                      Clock::time_point deadline,
                                                      const std::stop_token& stop);
  // Under the lock:
  [[nodiscard]] bool is_any_free() const { return !idle_.empty() || open_ < options_.pool_size; }
  [[nodiscard]] bool is_line_served() const;
  std::unique_ptr<PgConnection> grab();
  void release(std::unique_ptr<PgConnection> connection);
  void wake_first();
  [[nodiscard]] bool is_too_old(const PgConnection& connection) const;
  Result<std::unique_ptr<PgConnection>> connect(Clock::time_point deadline, const std::stop_token& stop);

  const PostgresOptions& options_;
  const std::string url_;
  PgShapes shapes_;
  std::mutex mutex_;                                 // guards what follows
  std::deque<Waiter*> line_;                         // the longest-waiting first
  std::condition_variable_any may_connect_;          // the pause before the next attempt was lifted
  std::vector<std::unique_ptr<PgConnection>> idle_;  // the last used last: its cache is the warmest
  std::size_t open_ = 0;                             // idle, lent or being made
  std::uint64_t made_ = 0;
  std::uint64_t waits_ = 0;
  std::chrono::microseconds waited_{0};
  int refused_ = 0;  // connects that failed since one succeeded
  Clock::time_point next_connect_{};
  Error last_refusal_;
};

}  // namespace omnicrm::storage
