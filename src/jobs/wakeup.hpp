// Tells the runners of this process, and those of others, what its queues did, so that nobody waits for a
// poll.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/storage/storage.hpp>

#include "jobs/store.hpp"

namespace omnicrm::jobs {

class Coalescer;

/// Joins the queues and the runners of one storage in one process, and through the storage's signals those of
/// other processes. Thread-safe. A hint only: what it misses (lost signals, transactions that commit later)
/// polling finds.
class Wakeup {
 public:
  /// What is told.
  static constexpr std::string_view jobs_word = "jobs";
  static constexpr std::string_view cancel_word = "cancel";

  class Listener {
   public:
    /// `from_here`: of this process' queues. True: it looks at once, and then tells other processes by itself
    /// (`tell_others`) if that was not enough.
    virtual bool jobs_arrived(bool from_here) noexcept = 0;
    virtual void cancel_asked(JobId id) noexcept = 0;
    /// Somebody asked jobs to stop; which ones stands in their rows.
    virtual void cancels_asked() noexcept = 0;

   protected:
    ~Listener() = default;
  };

  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void add(Listener& listener);
  /// After it returns the listener is not called any more.
  void remove(Listener& listener);

  /// Through which other processes are told; queues and runners call it when they are made. Costs a look at a
  /// pointer after the first time.
  void use(const std::shared_ptr<storage::Storage>& storage);
  /// From now on until as many calls of `stop_hearing`, other processes are heard: on a thread of the
  /// storage's.
  Result<void> start_hearing();
  void stop_hearing();
  /// Whether polling may take its time.
  [[nodiscard]] bool hears() const noexcept;

  /// What its queues and runners work on together. The same one at each call; the dialect is the storage's.
  [[nodiscard]] JobStore& store(storage::Dialect dialect);
  /// Joins single enqueues into one commit.
  [[nodiscard]] Coalescer& coalescer() noexcept { return *coalescer_; }

  /// There are jobs. After the commit, best: other processes may look at once.
  void notify();
  void cancel(JobId id);
  void cancel_many();
  void tell_others(std::string_view text) noexcept;

 private:
  void heard(std::string_view text) noexcept;

  std::mutex mutex_;
  std::vector<Listener*> listeners_;  // guarded by mutex_

  std::mutex store_mutex_;  // not the other: it is held while listeners are called
  std::shared_ptr<JobStore> store_;

  mutable std::mutex signals_mutex_;  // guards what follows; taken last
  std::shared_ptr<storage::Storage> storage_;
  std::shared_ptr<storage::Signals> signals_;
  int hearers_ = 0;
  bool has_signals_ = true;  // false: the storage has none

  std::unique_ptr<Coalescer> coalescer_;
};

}  // namespace omnicrm::jobs
