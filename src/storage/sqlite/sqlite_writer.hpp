// The one writer: callers that come together share one commit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include <omnicrm/storage/storage.hpp>

#include "observe/thread_context.hpp"
#include "storage/sqlite/memory_gate.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

namespace omnicrm::storage {

/// Group commit without a thread of its own. The caller that finds nobody at work leads: it begins a
/// transaction, runs its own work, then that of all who queued meanwhile, commits once, wakes them and
/// hands the lead to the next who waits. Each work but the first of a transaction stands in a savepoint, so
/// that one that fails is rolled back alone; a caller who is alone pays for no savepoint. Thread-safe.
class SqliteWriter {
 public:
  struct Limits {
    std::size_t works = 256;  ///< in one commit
    /// From the begin of a transaction: later no other's work is taken into it. So a long work is committed
    /// alone, and its caller does not wait for those of others.
    std::chrono::milliseconds duration{20};
  };

  /// `gate` keeps readers out while a transaction writes; only an in-memory database needs it (else null).
  SqliteWriter(std::unique_ptr<SqliteConnection> connection, std::chrono::milliseconds busy_timeout,
               const void* storage, MemoryGate* gate)
      : connection_(std::move(connection)), busy_timeout_(busy_timeout), storage_(storage), gate_(gate) {}

  Result<void> write(Work work);

  /// For tests and for closing; nobody may write meanwhile.
  [[nodiscard]] SqliteConnection& connection() noexcept { return *connection_; }
  /// Callers whose work has not begun.
  [[nodiscard]] std::size_t waiting();
  void set_limits(const Limits& limits) noexcept { limits_ = limits; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class State { waiting, leads, done };
  /// On the stack of its caller; a link in the queue, then in its leader's group.
  struct Request {
    explicit Request(Work body, Clock::time_point give_up) : work(body), deadline(give_up) {}
    Work work;
    /// The caller's: a leader runs the work under it.
    observe::ThreadContext context = observe::thread_context();
    Clock::time_point deadline;  // for the lock of another process
    Result<void> result;
    bool is_uncommitted = false;  // worked, and not yet durable
    State state = State::waiting;
    Request* next = nullptr;
    std::condition_variable wake;
  };

  void lead(Request& own);
  void run_first(Request& request);
  void run_in_savepoint(Request& request, Request& group);
  void commit(Request& group);
  void abandon(Request& group, const Error& error);
  Request* pop_locked() noexcept;
  void hand_over(Request& own);

  std::unique_ptr<SqliteConnection> connection_;
  const std::chrono::milliseconds busy_timeout_;
  const void* const storage_;
  MemoryGate* const gate_;
  Limits limits_;
  std::mutex mutex_;  // guards what follows, and the requests' states and links while they queue
  bool has_leader_ = false;
  Request* first_ = nullptr;
  Request* last_ = nullptr;
};

}  // namespace omnicrm::storage
