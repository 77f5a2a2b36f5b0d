#include "storage_metrics.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm {
namespace {

using observe::Label;

/// Transactions since the oldest that anybody still may see: what is older than it cannot be vacuumed, and a
/// queue slows. Other roles' snapshots are visible to members of pg_read_all_stats alone; without it the
/// oldest running transaction that writes still is.
constexpr std::string_view oldest_xmin_sql = R"(
SELECT greatest(
  (SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()),
  (SELECT max(age(transaction)) FROM pg_prepared_xacts),
  (SELECT max(age(xmin)) FROM pg_replication_slots),
  (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - pg_snapshot_xmin(pg_current_snapshot())::text::bigint),
  0)::bigint)";

}  // namespace

StorageMetrics::StorageMetrics(observe::Metrics& metrics, std::shared_ptr<storage::Storage> storage)
    : storage_(std::move(storage)) {
  if (!metrics.is_on()) return;
  if (storage_->stats().connections_in_use) {
    const observe::Instrument connections{.name = "omnicrm_pool_connections",
                                          .help = "Connections to the database, by what they do."};
    in_use_ = metrics.gauge(connections, std::array{Label{"state", "in_use"}});
    idle_ = metrics.gauge(connections, std::array{Label{"state", "idle"}});
    waiting_ = metrics.gauge(
        {.name = "omnicrm_pool_waiting_calls", .help = "Calls that wait for a connection now."}, {});
    waits_ = metrics.counter(
        {.name = "omnicrm_pool_waits_total", .help = "Calls that had to wait for a connection."}, {});
    wait_seconds_ = metrics.counter({.name = "omnicrm_pool_wait_seconds_total",
                                     .help = "Time that calls waited for a connection.",
                                     .unit = "seconds"},
                                    {});
  }
  if (storage_->dialect() == storage::Dialect::postgres) {
    oldest_xmin_ = metrics.gauge(
        {.name = "omnicrm_queue_oldest_xmin_age",
         .help =
             "Transactions since the oldest one still open anywhere; rows older than it are not cleaned up."},
        {});
  }
}

void StorageMetrics::refresh() {
  if (in_use_ != nullptr) refresh_pool();
  if (oldest_xmin_ != nullptr) refresh_oldest_xmin();
}

void StorageMetrics::refresh_pool() {
  const std::scoped_lock lock(mutex_);
  const storage::StorageStats now = storage_->stats();
  in_use_->set(static_cast<double>(now.connections_in_use.value_or(0)));
  idle_->set(static_cast<double>(now.connections_idle.value_or(0)));
  waiting_->set(static_cast<double>(now.calls_waiting.value_or(0)));
  waits_->add(static_cast<double>(now.waits.value_or(0) - told_.waits.value_or(0)));
  const auto waited =
      now.waited.value_or(std::chrono::microseconds{}) - told_.waited.value_or(std::chrono::microseconds{});
  wait_seconds_->add(std::chrono::duration<double>(waited).count());
  told_ = now;
}

void StorageMetrics::refresh_oldest_xmin() {
  std::int64_t age = 0;
  const auto asked = storage_->read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, oldest_xmin_sql));
    OMNICRM_ASSIGN(const bool is_there, rows.next());
    if (is_there) age = rows.get<std::int64_t>(0);
    return {};
  });
  if (asked) oldest_xmin_->set(static_cast<double>(age));
}

}  // namespace omnicrm
