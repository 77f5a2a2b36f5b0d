#include "jobs/sqlite/pauses.hpp"

#include <algorithm>

#include "core/errors.hpp"
#include "jobs/sqlite/fair_clock.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

constexpr UserId everybody{};

constexpr char insert_pause[] =
    "INSERT INTO job_pauses (user_id, kind, paused_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
constexpr char select_heads[] =
    "SELECT priority, min(virtual_time), max(virtual_time) FROM jobs WHERE kind = ?1 AND state = 'ready' AND "
    "is_parked = 0 "
    "GROUP BY priority";
constexpr char shift_line[] =
    "UPDATE jobs SET virtual_time = virtual_time + ? WHERE state = 'ready' AND is_parked = 0 AND kind = ? "
    "AND "
    "priority = ?";
constexpr char shift_clocks[] =
    "UPDATE job_clocks SET virtual_time = virtual_time + ? WHERE kind = ? AND priority = ? AND "
    "virtual_time >= ?";
constexpr char select_parked[] =
    "SELECT priority, min(virtual_time), max(virtual_time) FROM jobs WHERE is_parked = 1 AND kind = ? AND "
    "user_id = ? GROUP BY priority";
constexpr char unpark[] =
    "UPDATE jobs SET is_parked = 0, virtual_time = virtual_time + ? WHERE is_parked = 1 AND kind = ? AND "
    "user_id = ? AND priority = ?";
constexpr char raise_clock[] =
    "UPDATE job_clocks SET virtual_time = max(virtual_time, ?) WHERE user_id = ? AND kind = ? AND priority = "
    "?";

struct Line {
  std::int64_t priority = 0;
  std::int64_t head = 0;
  std::int64_t tail = 0;
};

Result<std::vector<Line>> read_lines(Result<storage::Query> query) {
  std::vector<Line> found;
  OMNICRM_ASSIGN(auto rows, std::move(query));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return found;
    found.push_back({rows.get<std::int64_t>(0), rows.get<std::int64_t>(1), rows.get<std::int64_t>(2)});
  }
}

/// The whole kind stood still while the others' clock went on.
Result<void> resume_all(storage::Connection& connection, std::string_view kind) {
  OMNICRM_ASSIGN(const auto waiting, read_lines(storage::Query::run(connection, select_heads, kind)));
  FairClock fair(connection);
  for (const Line& line : waiting) {
    OMNICRM_ASSIGN(const std::int64_t passed, fair.passed(line.priority));
    if (passed <= line.head) continue;
    const std::int64_t shift = passed - line.head;
    OMNICRM_TRY(storage::run(connection, shift_line, shift, kind, line.priority));
    OMNICRM_TRY(storage::run(connection, shift_clocks, shift, kind, line.priority, line.head));
  }
  return {};
}

Result<void> resume_user(storage::Connection& connection, UserId user, std::string_view kind) {
  OMNICRM_ASSIGN(const auto parked, read_lines(storage::Query::run(connection, select_parked, kind, user)));
  FairClock fair(connection);
  for (const Line& line : parked) {
    // Its place is the line's head if that is still behind, else where the line is by now.
    OMNICRM_ASSIGN(const std::int64_t now, fair.now(std::string(kind), line.priority));
    const std::int64_t shift = std::max<std::int64_t>(0, now - line.head);
    OMNICRM_TRY(storage::run(connection, unpark, shift, kind, user, line.priority));
    OMNICRM_TRY(storage::run(connection, raise_clock, line.tail + shift + 1, user, kind, line.priority));
  }
  return {};
}

}  // namespace

Result<void> pause(storage::Connection& connection, std::optional<UserId> user, std::string_view kind,
                   Timestamp now) {
  const UserId whose = user.value_or(everybody);
  return storage::run(connection, insert_pause, whose, kind, now);
}

Result<void> resume(storage::Connection& connection, std::optional<UserId> user, std::string_view kind) {
  const UserId whose = user.value_or(everybody);
  OMNICRM_ASSIGN(
      const std::int64_t removed,
      storage::execute(connection, "DELETE FROM job_pauses WHERE user_id = ? AND kind = ?", whose, kind));
  if (removed == 0) return {};
  return user ? resume_user(connection, *user, kind) : resume_all(connection, kind);
}

Result<void> Pauses::read() {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_,
                                                "SELECT kind FROM job_pauses WHERE user_id = ? UNION ALL "
                                                "SELECT NULL WHERE EXISTS (SELECT 1 FROM job_pauses WHERE "
                                                "user_id > ?)",
                                                everybody, everybody));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return {};
    if (rows.is_null(0)) {
      any_of_users_ = true;
    } else {
      for_all_.push_back(rows.get<std::string>(0));
    }
  }
}

bool Pauses::for_all(std::string_view kind) const {
  return std::find(for_all_.begin(), for_all_.end(), kind) != for_all_.end();
}

Result<bool> Pauses::of_user(UserId user, const std::string& kind) {
  if (!any_of_users_) return false;
  const std::pair key(user, kind);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  OMNICRM_ASSIGN(const auto found,
                 storage::query_one<bool>(
                     connection_, "SELECT EXISTS (SELECT 1 FROM job_pauses WHERE user_id = ? AND kind = ?)",
                     user, kind));
  return known_[key] = found.value_or(false);
}

Result<void> Pauses::park(std::int64_t seq) {
  return storage::run(connection_, "UPDATE jobs SET is_parked = 1 WHERE seq = ?", seq);
}

}  // namespace omnicrm::jobs::sqlite
