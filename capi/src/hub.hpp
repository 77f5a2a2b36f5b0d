// Who listens to progress and to log lines.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <omnicrm/jobs/runner.hpp>
#include <string_view>
#include <vector>

#include "omnicrm.h"

namespace omnicrm::capi {

class CrmState;

/// One listener: counts its calls, so that ending it waits for those of other threads. Thread-safe.
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  Subscription(ocrm_progress_fn progress, ocrm_log_fn log, void* user, void (*user_free)(void*)) noexcept
      : progress_(progress), log_(log), user_(user), user_free_(user_free) {}

  void tell(CrmState& crm, const ocrm_progress& progress) noexcept;
  void tell(CrmState& crm, int32_t level, std::string_view area, std::string_view message) noexcept;
  /// No call begins after it; see `ocrm_subscription_free`.
  void end(CrmState& crm) noexcept;

 private:
  bool begin() noexcept;
  void finish(CrmState& crm) noexcept;
  void free_user(CrmState& crm) noexcept;

  const ocrm_progress_fn progress_;
  const ocrm_log_fn log_;
  void* const user_;
  void (*const user_free_)(void*);
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  int calls_ = 0;
  bool ended_ = false;
  bool frees_itself_ = false;
};

/// A list of listeners that is read far more often than it is changed. Thread-safe.
class Hub {
 public:
  using List = std::vector<std::shared_ptr<Subscription>>;

  void add(std::shared_ptr<Subscription> subscription);
  void remove(const Subscription& subscription);
  [[nodiscard]] bool is_empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }
  [[nodiscard]] std::shared_ptr<const List> all() const;

 private:
  mutable std::mutex mutex_;  // guards list_
  std::shared_ptr<const List> list_ = std::make_shared<List>();
  std::atomic<std::size_t> count_{0};
};

class ProgressHub : public Hub {
 public:
  void tell(CrmState& crm, const jobs::JobProgress& progress) const;
};

/// Of log listeners it also knows the lowest level that any of them wants.
class LogHub {
 public:
  void add(std::shared_ptr<Subscription> subscription, int32_t level);
  void remove(const Subscription& subscription);
  [[nodiscard]] bool wants(int32_t level) const noexcept {
    return level >= lowest_.load(std::memory_order_relaxed);
  }
  void tell(CrmState& crm, int32_t level, std::string_view area, std::string_view message) const;

 private:
  struct Entry {
    std::shared_ptr<Subscription> subscription;
    int32_t level;
  };
  using List = std::vector<Entry>;

  void replace(std::shared_ptr<const List> list);

  mutable std::mutex mutex_;  // guards list_
  std::shared_ptr<const List> list_ = std::make_shared<List>();
  std::atomic<int32_t> lowest_{OCRM_LOG_ERROR + 1};
};

}  // namespace omnicrm::capi
