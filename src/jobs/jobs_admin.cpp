#include "jobs/jobs_admin.hpp"

#include <array>
#include <utility>

#include "core/errors.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs {
namespace {

/// Removed in one transaction: others write in between.
constexpr std::int64_t portion = 5'000;
constexpr std::chrono::milliseconds longest_keep = std::chrono::days(366 * 100);

class SqlJobsAdmin final : public JobsAdmin {
 public:
  SqlJobsAdmin(std::shared_ptr<storage::Storage> storage, std::shared_ptr<Clock> clock,
               std::shared_ptr<Wakeup> wakeup)
      : storage_(std::move(storage)), clock_(std::move(clock)), wakeup_(std::move(wakeup)) {}

  Result<void> pause(std::string_view kind) override {
    OMNICRM_TRY(check_kind(kind));
    return storage_->write({}, [&](storage::Connection& connection) {
      return store().pause(connection, std::nullopt, kind, clock_->now());
    });
  }

  Result<void> resume(std::string_view kind) override {
    OMNICRM_TRY(check_kind(kind));
    OMNICRM_TRY(storage_->write({}, [&](storage::Connection& connection) {
      return store().resume(connection, std::nullopt, kind, clock_->now());
    }));
    wakeup_->notify();
    return {};
  }

  Result<std::vector<KindStats>> stats() override {
    std::vector<KindStats> result;
    OMNICRM_TRY(storage_->read({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(result, store().stats(connection, std::nullopt));
      return {};
    }));
    return result;
  }

  Result<std::int64_t> retain(std::chrono::milliseconds keep_done,
                              std::chrono::milliseconds keep_dead) override {
    OMNICRM_TRY(check_keep("keep_done", keep_done));
    OMNICRM_TRY(check_keep("keep_dead", keep_dead));
    const Timestamp now = clock_->now();
    const std::array orders{
        Retention{.kind = {}, .done_before = now - keep_done, .dead_before = now - keep_dead}};
    std::int64_t removed = 0;
    while (true) {
      std::int64_t part = 0;
      OMNICRM_TRY(storage_->write({}, [&](storage::Connection& connection) -> Result<void> {
        OMNICRM_ASSIGN(part, store().retain(connection, orders, portion));
        return {};
      }));
      if (part == 0) return removed;
      removed += part;
    }
  }

 private:
  static Result<void> check_keep(std::string_view field, std::chrono::milliseconds keep) {
    if (keep >= std::chrono::milliseconds(0) && keep <= longest_keep) return {};
    return invalid(field, "must be 0 to 100 years");
  }
  [[nodiscard]] JobStore& store() const { return wakeup_->store(storage_->dialect()); }

  std::shared_ptr<storage::Storage> storage_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Wakeup> wakeup_;
};

}  // namespace

std::unique_ptr<JobsAdmin> make_jobs_admin(std::shared_ptr<storage::Storage> storage,
                                           std::shared_ptr<Clock> clock, std::shared_ptr<Wakeup> wakeup) {
  return std::make_unique<SqlJobsAdmin>(std::move(storage), std::move(clock), std::move(wakeup));
}

}  // namespace omnicrm::jobs
