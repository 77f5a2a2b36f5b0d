#include "hub.hpp"

#include <algorithm>
#include <string>

#include "callback.hpp"
#include "crm_state.hpp"

namespace omnicrm::capi {

bool Subscription::begin() noexcept {
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  ++calls_;
  return true;
}

void Subscription::finish(CrmState& crm) noexcept {
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    --calls_;
    last = frees_itself_ && calls_ == 0;
    changed_.notify_all();
  }
  if (last) free_user(crm);
}

void Subscription::tell(CrmState& crm, const ocrm_progress& progress) noexcept {
  if (!begin()) return;
  call_quietly(crm, FrameKind::job, this, [&] {
    ocrm_error* error = nullptr;
    static_cast<void>(progress_(user_, &progress, &error));
    ocrm_error_free(error);
  });
  finish(crm);
}

void Subscription::tell(CrmState& crm, int32_t level, std::string_view area,
                        std::string_view message) noexcept {
  if (!begin()) return;
  call_quietly(crm, FrameKind::quiet, this,
               [&] { log_(user_, level, area.data(), area.size(), message.data(), message.size()); });
  finish(crm);
}

void Subscription::end(CrmState& crm) noexcept {
  {
    std::unique_lock lock(mutex_);
    ended_ = true;
    if (is_inside_of(this)) {
      // From within its own callback it must not wait: whoever is the last to leave frees.
      frees_itself_ = true;
      return;
    }
    changed_.wait(lock, [this] { return calls_ == 0; });
  }
  free_user(crm);
}

/// Quietly: what it calls would wait for the call that this may be within.
void Subscription::free_user(CrmState& crm) noexcept {
  if (user_free_ != nullptr) call_quietly(crm, FrameKind::quiet, nullptr, [this] { user_free_(user_); });
}

void Hub::add(std::shared_ptr<Subscription> subscription) {
  const std::lock_guard lock(mutex_);
  auto list = std::make_shared<List>(*list_);
  list->push_back(std::move(subscription));
  count_ = list->size();
  list_ = std::move(list);
}

void Hub::remove(const Subscription& subscription) {
  const std::lock_guard lock(mutex_);
  auto list = std::make_shared<List>(*list_);
  std::erase_if(*list, [&](const auto& entry) { return entry.get() == &subscription; });
  count_ = list->size();
  list_ = std::move(list);
}

std::shared_ptr<const Hub::List> Hub::all() const {
  const std::lock_guard lock(mutex_);
  return list_;
}

void ProgressHub::tell(CrmState& crm, const jobs::JobProgress& progress) const {
  if (is_empty()) return;
  const std::string id = progress.id.to_string();
  ocrm_progress told{};
  told.struct_size = sizeof(told);
  told.done = progress.done;
  told.total = progress.total;
  told.items = progress.done;
  told.note = progress.note.c_str();
  told.note_size = progress.note.size();
  told.job_id = id.c_str();
  told.kind = progress.kind.c_str();
  const auto list = all();  // kept: a listener may leave meanwhile
  for (const auto& subscription : *list) subscription->tell(crm, told);
}

void LogHub::replace(std::shared_ptr<const List> list) {
  int32_t lowest = OCRM_LOG_ERROR + 1;
  for (const Entry& entry : *list) lowest = std::min(lowest, entry.level);
  lowest_ = lowest;
  list_ = std::move(list);
}

void LogHub::add(std::shared_ptr<Subscription> subscription, int32_t level) {
  const std::lock_guard lock(mutex_);
  auto list = std::make_shared<List>(*list_);
  list->push_back({std::move(subscription), level});
  replace(std::move(list));
}

void LogHub::remove(const Subscription& subscription) {
  const std::lock_guard lock(mutex_);
  auto list = std::make_shared<List>(*list_);
  std::erase_if(*list, [&](const Entry& entry) { return entry.subscription.get() == &subscription; });
  replace(std::move(list));
}

void LogHub::tell(CrmState& crm, int32_t level, std::string_view area, std::string_view message) const {
  std::shared_ptr<const List> list;
  {
    const std::lock_guard lock(mutex_);
    list = list_;
  }
  for (const Entry& entry : *list) {
    if (level >= entry.level) entry.subscription->tell(crm, level, area, message);
  }
}

}  // namespace omnicrm::capi
