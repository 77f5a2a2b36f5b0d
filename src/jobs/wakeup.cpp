#include "jobs/wakeup.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "jobs/coalescer.hpp"

namespace omnicrm::jobs {
Wakeup::Wakeup() : coalescer_(std::make_unique<Coalescer>()) {}
Wakeup::~Wakeup() = default;

void Wakeup::add(Listener& listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(&listener);
}

void Wakeup::remove(Listener& listener) {
  const std::lock_guard lock(mutex_);
  std::erase(listeners_, &listener);
}

void Wakeup::use(const std::shared_ptr<storage::Storage>& storage) {
  const std::lock_guard lock(signals_mutex_);
  if (!storage_) storage_ = storage;
}

Result<void> Wakeup::start_hearing() {
  std::shared_ptr<storage::Signals> before;
  const std::lock_guard lock(signals_mutex_);
  if (hearers_++ > 0 || !storage_ || !has_signals_) return {};
  auto signals = storage_->signals([this](std::string_view text) { heard(text); });
  if (!signals) {
    --hearers_;
    return fail(std::move(signals).error());
  }
  has_signals_ = *signals != nullptr;
  before = std::exchange(signals_, std::shared_ptr<storage::Signals>(std::move(*signals)));
  return {};
}

void Wakeup::stop_hearing() {
  std::shared_ptr<storage::Signals> before;  // ends its thread, which may be waiting for a listener
  const std::lock_guard lock(signals_mutex_);
  if (--hearers_ == 0) before = std::exchange(signals_, nullptr);
}

bool Wakeup::hears() const noexcept {
  const std::lock_guard lock(signals_mutex_);
  return !has_signals_ || (signals_ && signals_->hears());
}

JobStore& Wakeup::store(storage::Dialect dialect) {
  const std::lock_guard lock(store_mutex_);
  if (!store_) store_ = make_store(dialect);
  return *store_;
}

void Wakeup::notify() {
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    for (Listener* listener : listeners_) taken = listener->jobs_arrived(true) || taken;
  }
  if (!taken) tell_others(Wakeup::jobs_word);
}

void Wakeup::cancel(JobId id) {
  {
    const std::lock_guard lock(mutex_);
    for (Listener* listener : listeners_) listener->cancel_asked(id);
  }
  tell_others(Wakeup::cancel_word);
}

void Wakeup::cancel_many() {
  {
    const std::lock_guard lock(mutex_);
    for (Listener* listener : listeners_) listener->cancels_asked();
  }
  tell_others(Wakeup::cancel_word);
}

void Wakeup::tell_others(std::string_view text) noexcept {
  std::shared_ptr<storage::Signals> signals;
  {
    const std::lock_guard lock(signals_mutex_);
    if (!storage_ || !has_signals_) return;
    if (!signals_) {
      // Nobody runs jobs here: what is enqueued is for others.
      auto made = storage_->signals({});
      if (!made) return;
      has_signals_ = *made != nullptr;
      signals_ = std::shared_ptr<storage::Signals>(std::move(*made));
    }
    signals = signals_;
  }
  if (signals) signals->send(text);
}

void Wakeup::heard(std::string_view text) noexcept {
  const std::lock_guard lock(mutex_);
  for (Listener* listener : listeners_) {
    if (text == Wakeup::jobs_word) listener->jobs_arrived(false);
    if (text == Wakeup::cancel_word) listener->cancels_asked();
  }
}

}  // namespace omnicrm::jobs
