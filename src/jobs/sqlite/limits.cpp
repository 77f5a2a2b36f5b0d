#include "jobs/sqlite/limits.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

constexpr char select_rate[] = "SELECT began_at, started, max_global FROM job_rates WHERE kind = ?";
// Running jobs are few, and jobs_running holds no others.
constexpr char count_running[] =
    "SELECT count(*) FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND kind = ?";
constexpr char upsert_rate[] =
    "INSERT INTO job_rates (kind, began_at, started, blocked_until, max_global) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind) DO UPDATE SET began_at = excluded.began_at, started = excluded.started, "
    "blocked_until = excluded.blocked_until, max_global = excluded.max_global";

}  // namespace

KindLimit::KindLimit(storage::Connection& connection, std::string kind, const KindShare& share, Timestamp now)
    : connection_(connection), kind_(std::move(kind)), share_(share), now_(now) {}

Result<void> KindLimit::read() {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_, select_rate, kind_));
  OMNICRM_ASSIGN(is_stored_, rows.next());
  if (!is_stored_) return {};
  began_at_ = rows.get<Timestamp>(0);
  started_ = rows.get<std::int64_t>(1);
  stored_max_ = rows.get<std::int64_t>(2);
  return {};
}

Result<std::size_t> KindLimit::allowed() {
  auto allowed = static_cast<std::int64_t>(share_.limit);
  OMNICRM_TRY(read());
  if (share_.max_global > 0) {
    OMNICRM_ASSIGN(const auto running, storage::query_one<std::int64_t>(connection_, count_running, kind_));
    allowed = std::min(allowed, share_.max_global - running.value_or(0));
  }
  if (share_.rate_limit > 0) {
    // A period begins with its first start; a clock that was set back begins a new one.
    if (now_ >= began_at_ + share_.rate_period || now_ < began_at_) {
      began_at_ = now_;
      started_ = 0;
    }
    allowed = std::min(allowed, share_.rate_limit - started_);
    if (started_ >= share_.rate_limit) next_ = began_at_ + share_.rate_period;
  }
  return static_cast<std::size_t>(std::max<std::int64_t>(0, allowed));
}

Result<void> KindLimit::took(std::size_t count) {
  started_ += static_cast<std::int64_t>(count);
  const bool is_full = share_.rate_limit > 0 && started_ >= share_.rate_limit;
  if (is_full) next_ = began_at_ + share_.rate_period;
  const bool counts = share_.rate_limit > 0 && count > 0;
  if (!counts && (stored_max_ == share_.max_global || (!is_stored_ && share_.max_global == 0))) return {};
  const Timestamp blocked_until = next_.value_or(Timestamp{});
  return storage::run(connection_, upsert_rate, kind_, began_at_, started_, blocked_until, share_.max_global);
}

}  // namespace omnicrm::jobs::sqlite
