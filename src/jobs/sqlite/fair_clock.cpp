#include "jobs/sqlite/fair_clock.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

// The lines' common clock stands in the row of the nil user, which nobody is, without a kind.
constexpr UserId nobody{};

constexpr char select_clock[] =
    "SELECT virtual_time FROM job_clocks WHERE user_id = ? AND kind = ? AND priority = ?";
constexpr char upsert_clock[] =
    "INSERT INTO job_clocks (user_id, kind, priority, virtual_time) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (user_id, kind, priority) DO UPDATE SET virtual_time = excluded.virtual_time "
    "WHERE excluded.virtual_time > job_clocks.virtual_time";
constexpr char select_head[] =
    "SELECT virtual_time FROM jobs WHERE state = 'ready' AND is_parked = 0 AND kind = ? AND priority = ? "
    "ORDER BY virtual_time, seq LIMIT 1";

}  // namespace

Result<std::int64_t> FairClock::start(UserId user, const std::string& kind, std::int64_t priority,
                                      std::int64_t cost) {
  OMNICRM_ASSIGN(Turn* const turn, turn_of(kind, priority));
  auto found = turn->finish.find(user);
  if (found == turn->finish.end()) {
    OMNICRM_ASSIGN(const auto stored,
                   storage::query_one<std::int64_t>(connection_, select_clock, user, kind, priority));
    found = turn->finish.emplace(user, stored.value_or(0)).first;
  }
  const std::int64_t start = std::max(turn->now, found->second);
  found->second = start + cost;
  return start;
}

Result<std::int64_t> FairClock::passed(std::int64_t priority) {
  OMNICRM_ASSIGN(const auto passed, storage::query_one<std::int64_t>(connection_, select_clock, nobody,
                                                                     std::string_view(), priority));
  return passed.value_or(0);
}

Result<void> FairClock::save() {
  for (const auto& [line, turn] : turns_) {
    for (const auto& [user, finish] : turn.finish)
      OMNICRM_TRY(
          storage::run(connection_, upsert_clock, user, std::get<0>(line), std::get<1>(line), finish));
  }
  return {};
}

// Cached: jobs that are added in the same transaction start at or after it, so it stays the least.
Result<FairClock::Turn*> FairClock::turn_of(const std::string& kind, std::int64_t priority) {
  if (last_ != nullptr && std::get<1>(last_->first) == priority && std::get<0>(last_->first) == kind)
    return &last_->second;
  auto found = turns_.find({kind, priority});
  if (found == turns_.end()) {
    OMNICRM_ASSIGN(const std::int64_t line_now, now(kind, priority));
    found = turns_.emplace(Line{kind, priority}, Turn{line_now, {}}).first;
  }
  last_ = &*found;
  return &last_->second;
}

// The head of a line may be ahead of what was claimed, after others of it were cancelled.
Result<std::int64_t> FairClock::now(const std::string& kind, std::int64_t priority) {
  OMNICRM_ASSIGN(const std::int64_t claimed, passed(priority));
  OMNICRM_ASSIGN(const auto head, storage::query_one<std::int64_t>(connection_, select_head, kind, priority));
  return head ? std::min(*head, claimed) : claimed;
}

Result<void> pass(storage::Connection& connection, std::int64_t priority, std::int64_t virtual_start) {
  return storage::run(connection, upsert_clock, nobody, std::string_view(), priority, virtual_start);
}

}  // namespace omnicrm::jobs::sqlite
