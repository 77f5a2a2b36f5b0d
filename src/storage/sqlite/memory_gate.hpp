// Readers beside a writer on an in-memory database, which has no write-ahead log.
#pragma once

#include <mutex>
#include <shared_mutex>

namespace omnicrm::storage {

/// Many readers or one writer; a writer that waits goes before readers that come later (std::shared_mutex
/// alone may starve it). A reader therefore sees no half of a transaction and no change under its feet.
class MemoryGate {
 public:
  void lock() {
    const std::scoped_lock turn(turnstile_);
    gate_.lock();
  }
  void unlock() { gate_.unlock(); }
  void lock_shared() {
    const std::scoped_lock turn(turnstile_);
    gate_.lock_shared();
  }
  void unlock_shared() { gate_.unlock_shared(); }

 private:
  std::mutex turnstile_;
  std::shared_mutex gate_;
};

}  // namespace omnicrm::storage
