#include "jobs/fair.hpp"

#include <algorithm>
#include <optional>

#include "core/errors.hpp"
#include "jobs/dialect.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

// The system's clock is the row of the nil user, which nobody is.
constexpr UserId system_user{};

constexpr char select_clock[] = "SELECT virtual_time FROM job_clocks WHERE user_id = ?";
constexpr char upsert_clock[] =
    "INSERT INTO job_clocks (user_id, virtual_time) VALUES (?, ?) "
    "ON CONFLICT (user_id) DO UPDATE SET virtual_time = excluded.virtual_time "
    "WHERE excluded.virtual_time > job_clocks.virtual_time";

}  // namespace

Result<std::int64_t> FairClock::start(UserId user, std::int64_t priority, std::int64_t cost) {
  OMNICRM_ASSIGN(const std::int64_t system, now(priority));
  OMNICRM_ASSIGN(const std::int64_t finish, finish_of(user));
  const std::int64_t start = std::max(system, finish);
  finish_[user] = start + cost;
  return start;
}

Result<void> FairClock::save() {
  for (const auto& [user, finish] : finish_)
    OMNICRM_TRY(storage::run(connection_, upsert_clock, user, finish));
  return {};
}

// Cached: jobs that are added in the same transaction start at or after it, so it stays the least.
Result<std::int64_t> FairClock::now(std::int64_t priority) {
  if (const auto known = now_.find(priority); known != now_.end()) return known->second;
  OMNICRM_ASSIGN(const auto next, storage::query_one<std::optional<std::int64_t>>(
                                      connection_, dialect_of(connection_).select_next_start, priority));
  if (next && *next) return now_[priority] = **next;
  OMNICRM_ASSIGN(const auto passed, storage::query_one<std::int64_t>(connection_, select_clock, system_user));
  return now_[priority] = passed.value_or(0);
}

Result<std::int64_t> FairClock::finish_of(UserId user) {
  if (const auto known = finish_.find(user); known != finish_.end()) return known->second;
  OMNICRM_ASSIGN(const auto stored, storage::query_one<std::int64_t>(connection_, select_clock, user));
  return finish_[user] = stored.value_or(0);
}

Result<void> pass(storage::Connection& connection, std::int64_t virtual_start) {
  OMNICRM_TRY(storage::run(connection, upsert_clock, system_user, virtual_start));
  return {};
}

}  // namespace omnicrm::jobs
