#include "jobs/wakeup.hpp"

#include <algorithm>

namespace omnicrm::jobs {

void Wakeup::add(Listener& listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(&listener);
}

void Wakeup::remove(Listener& listener) {
  const std::lock_guard lock(mutex_);
  std::erase(listeners_, &listener);
}

void Wakeup::notify() {
  const std::lock_guard lock(mutex_);
  for (Listener* listener : listeners_) listener->jobs_arrived();
}

void Wakeup::cancel(JobId id) {
  const std::lock_guard lock(mutex_);
  for (Listener* listener : listeners_) listener->cancel_asked(id);
}

void Wakeup::cancel_many() {
  const std::lock_guard lock(mutex_);
  for (Listener* listener : listeners_) listener->cancels_asked();
}

}  // namespace omnicrm::jobs
