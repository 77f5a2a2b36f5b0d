// An open CRM with its rundown: calls in progress are counted, closing waits for them, everything after it is
// refused.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <omnicrm/crm.hpp>
#include <set>
#include <stop_token>
#include <vector>

namespace omnicrm::python {

class State;

/// Grows in a forked child.
[[nodiscard]] std::uint64_t fork_count() noexcept;

enum class CallbackKind { part, job };

/// Says that this thread runs a callback of `state`: closing from here would wait for itself; within a job,
/// running the queue would, too.
class InCallback {
 public:
  explicit InCallback(const State* state, CallbackKind kind = CallbackKind::part);
  ~InCallback();
  InCallback(const InCallback&) = delete;
  InCallback& operator=(const InCallback&) = delete;
};

/// The session behind a Python session, until the CRM closes. Guarded by its state.
struct SessionSlot {
  std::unique_ptr<Session> session;
};

class State : public std::enable_shared_from_this<State> {
 public:
  State();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Before anything else uses it.
  void set(std::unique_ptr<Crm> crm) { crm_ = std::move(crm); }

  /// One call in progress. Made and ended with the interpreter's lock: when `close` returns, no thread is
  /// between the two, so none meets an interpreter that ends.
  class Use {
   public:
    explicit Use(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Use() {
      if (state_) state_->leave();
    }
    Use(Use&&) = default;
    Use& operator=(Use&&) = delete;
    [[nodiscard]] Crm& crm() const { return *state_->crm_; }

   private:
    std::shared_ptr<State> state_;
  };

  /// Errors (thrown, the lock is needed): `failed_precondition` when closed, closing (but from a callback) or
  /// in a forked child.
  [[nodiscard]] Use use();

  /// Adds a session; it is taken away by `close`. Call it within a use.
  [[nodiscard]] std::shared_ptr<SessionSlot> add(Session session);
  /// Errors (thrown): `failed_precondition`.
  void forget(const std::shared_ptr<SessionSlot>& slot) noexcept;

  /// Requests a stop of every running job and read, waits for all calls, closes the database. Without the
  /// interpreter's lock. Safe to call again and from many threads.
  void close(std::chrono::milliseconds grace) noexcept;
  [[nodiscard]] bool is_closed() const noexcept;
  /// This thread runs one of its callbacks.
  [[nodiscard]] bool is_in_callback() const noexcept;
  /// Errors (thrown): `failed_precondition` when this thread runs one of its jobs, or a part of one. The
  /// library knows only the threads that it runs jobs on.
  void check_outside_jobs() const;
  [[nodiscard]] bool is_foreign() const noexcept { return made_in_ != fork_count(); }

  /// A stop that `close` requests, too.
  void add_stop(const std::shared_ptr<std::stop_source>& stop);
  void remove_stop(const std::shared_ptr<std::stop_source>& stop) noexcept;

 private:
  friend class Use;
  void leave() noexcept;

  const std::uint64_t made_in_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t calls_ = 0;
  bool closing_ = false;
  bool closed_ = false;
  std::unique_ptr<Crm> crm_;
  std::set<std::shared_ptr<SessionSlot>> sessions_;
  std::set<std::shared_ptr<std::stop_source>> stops_;
};

/// Lets `close_all_states` know it. Needs the interpreter's lock.
void note_state(const std::shared_ptr<State>& state);

/// Closes every state that is open: before the interpreter ends. Needs the interpreter's lock.
void close_all_states();

/// The last owner is gone without a close: closes, or leaves that to `close_all_states` when this thread
/// cannot wait for itself. Needs the interpreter's lock.
void abandon(std::shared_ptr<State> state);

}  // namespace omnicrm::python
