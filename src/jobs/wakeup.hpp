// Tells the runners of this process what its queues did, so that nobody waits for a poll.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <omnicrm/core/ids.hpp>

namespace omnicrm::jobs {

/// Joins the queues and the runners of one storage in one process. Thread-safe. A hint only: what it misses
/// (other processes, transactions that commit later) polling finds.
class Wakeup {
 public:
  class Listener {
   public:
    virtual void jobs_arrived() noexcept = 0;
    virtual void cancel_asked(JobId id) noexcept = 0;
    /// Somebody asked many jobs to stop; which ones stands in their rows.
    virtual void cancels_asked() noexcept = 0;

   protected:
    ~Listener() = default;
  };

  void add(Listener& listener);
  /// After it returns the listener is not called any more.
  void remove(Listener& listener);

  void notify();
  void cancel(JobId id);
  void cancel_many();

 private:
  std::mutex mutex_;
  std::vector<Listener*> listeners_;
};

}  // namespace omnicrm::jobs
