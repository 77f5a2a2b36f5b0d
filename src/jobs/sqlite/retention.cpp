#include "jobs/sqlite/retention.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

// Read from jobs_finished, oldest first.
constexpr char select_old[] =
    "SELECT user_id, id, seq FROM jobs WHERE kind = ? AND state = ? AND finished_at < ? AND finished_at IS "
    "NOT "
    "NULL ORDER BY finished_at LIMIT ?";
// From one kind to the next, by the index: as many steps as kinds.
constexpr char select_kinds[] =
    "WITH RECURSIVE kinds (kind) AS ("
    "SELECT (SELECT kind FROM jobs WHERE finished_at IS NOT NULL ORDER BY kind LIMIT 1) "
    "UNION ALL SELECT (SELECT j.kind FROM jobs AS j WHERE j.finished_at IS NOT NULL AND j.kind > kinds.kind "
    "ORDER BY j.kind LIMIT 1) FROM kinds WHERE kinds.kind IS NOT NULL) "
    "SELECT kind FROM kinds WHERE kind IS NOT NULL";
// Keys of periods that are over, of jobs that have ended or are gone.
constexpr char delete_keys[] =
    "DELETE FROM job_unique WHERE (user_id, kind, unique_key) IN (SELECT u.user_id, u.kind, u.unique_key "
    "FROM "
    "job_unique AS u WHERE u.until > 0 AND u.until < ?1 AND NOT EXISTS (SELECT 1 FROM jobs AS j WHERE "
    "j.user_id = u.user_id AND j.id = u.job_id AND j.finished_at IS NULL) LIMIT ?2)";

struct Old {
  UserId user;
  JobId job;
  std::int64_t seq = 0;
};

Result<std::vector<std::string>> ended_kinds(storage::Connection& connection) {
  std::vector<std::string> kinds;
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, select_kinds));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return kinds;
    kinds.push_back(rows.get<std::string>(0));
  }
}

Result<std::vector<Old>> old_jobs(storage::Connection& connection, const std::string& kind,
                                  std::string_view state, Timestamp before, std::int64_t limit) {
  std::vector<Old> old;
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, select_old, kind, state, before, limit));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return old;
    old.push_back({rows.get<UserId>(0), rows.get<JobId>(1), rows.get<std::int64_t>(2)});
  }
}

/// Gives how many it removed.
Result<std::int64_t> retain_kind(storage::Connection& connection, const std::string& kind,
                                 const Retention& order, std::int64_t limit) {
  std::int64_t removed = 0;
  for (const auto& [state, before] : {std::pair<std::string_view, Timestamp>{"done", order.done_before},
                                      {"cancelled", order.done_before},
                                      {"dead", order.dead_before}}) {
    if (removed >= limit) break;
    OMNICRM_ASSIGN(const auto old, old_jobs(connection, kind, state, before, limit - removed));
    for (const Old& job : old) {
      OMNICRM_TRY(storage::run(connection, "DELETE FROM job_failures WHERE user_id = ? AND job_id = ?",
                               job.user, job.job));
      OMNICRM_TRY(
          storage::run(connection, "DELETE FROM jobs WHERE user_id = ? AND seq = ?", job.user, job.seq));
    }
    removed += static_cast<std::int64_t>(old.size());
  }
  return removed;
}

}  // namespace

Result<std::int64_t> retain(storage::Connection& connection, std::span<const Retention> orders,
                            std::int64_t limit) {
  std::int64_t removed = 0;
  Timestamp keys_before{};
  for (const Retention& order : orders) {
    keys_before = std::max(keys_before, order.done_before);
    std::vector<std::string> kinds{order.kind};
    if (order.kind.empty()) {
      OMNICRM_ASSIGN(kinds, ended_kinds(connection));
    }
    for (const std::string& kind : kinds) {
      if (removed >= limit) return removed;
      OMNICRM_ASSIGN(const std::int64_t part, retain_kind(connection, kind, order, limit - removed));
      removed += part;
    }
  }
  OMNICRM_TRY(storage::run(connection, delete_keys, keys_before, limit));
  return removed;
}

}  // namespace omnicrm::jobs::sqlite
