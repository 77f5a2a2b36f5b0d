#include "jobs/sqlite/views.hpp"

#include <map>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "jobs/job_list.hpp"
#include "jobs/sqlite/rows.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

// By jobs_listed; with a batch by jobs_batch.
constexpr char select_page[] = "SELECT " OMNICRM_SQLITE_JOB
                               " FROM jobs WHERE user_id = ?1 AND (created_at, id) < (?2, ?3) AND "
                               "(?4 IS NULL OR state = ?4) AND (?5 IS NULL OR kind = ?5) "
                               "ORDER BY created_at DESC, id DESC LIMIT ?6";
constexpr char select_batch_page[] = "SELECT " OMNICRM_SQLITE_JOB
                                     " FROM jobs WHERE user_id = ?1 AND (created_at, id) < (?2, ?3) AND "
                                     "(?4 IS NULL OR state = ?4) AND (?5 IS NULL OR kind = ?5) AND "
                                     "batch_id = ?7 ORDER BY created_at DESC, id DESC LIMIT ?6";

constexpr char count_of_user[] =
    "SELECT kind, state, count(*), min(run_at) FROM jobs WHERE user_id = ? GROUP BY kind, state";
constexpr char count_of_all[] = "SELECT kind, state, count(*), min(run_at) FROM jobs GROUP BY kind, state";
// The nil user's are everybody's.
constexpr char select_paused[] = "SELECT DISTINCT kind FROM job_pauses WHERE user_id IN (?, ?)";
constexpr UserId everybody{};

constexpr JobId last_id() {
  JobId id;
  id.value.bytes.fill(0xff);
  return id;
}

void add(KindStats& stats, JobState state, std::int64_t count, Timestamp first) {
  using enum JobState;
  switch (state) {
    case scheduled:
      stats.scheduled = count;
      return;
    case waiting:
      stats.waiting = count;
      return;
    case ready:
      stats.ready = count;
      stats.oldest_ready_at = first;
      return;
    case running:
      stats.running = count;
      return;
    case done:
      stats.done = count;
      return;
    case cancelled:
      stats.cancelled = count;
      return;
    case dead:
      stats.dead = count;
      return;
  }
}

Result<void> mark_paused(storage::Connection& connection, UserId user,
                         std::map<std::string, KindStats>& kinds) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, select_paused, user, everybody));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return {};
    auto kind = rows.get<std::string>(0);
    KindStats& stats = kinds[kind];
    stats.kind = std::move(kind);
    stats.paused = true;
  }
}

}  // namespace

Result<Page<Job>> list_jobs(storage::Connection& connection, UserId user, const JobFilter& filter,
                            std::int64_t limit, const std::optional<ListStart>& after) {
  const ListStart start = after.value_or(ListStart{Timestamp::max(), last_id()});
  std::optional<std::string> state;
  if (filter.state) state = enum_name(*filter.state);
  std::optional<std::string> kind;
  if (!filter.kind.empty()) kind = filter.kind;
  const std::int64_t wanted = limit + 1;  // one more says whether there is a next page
  auto query = filter.batch_id ? storage::Query::run(connection, select_batch_page, user, start.created_at,
                                                     start.id, state, kind, wanted, *filter.batch_id)
                               : storage::Query::run(connection, select_page, user, start.created_at,
                                                     start.id, state, kind, wanted);
  OMNICRM_ASSIGN(auto rows, std::move(query));
  Page<Job> page;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return page;
    if (static_cast<std::int64_t>(page.items.size()) == limit) {
      page.next = list_cursor(page.items.back());
      return page;
    }
    OMNICRM_ASSIGN(JobRow row, read_row(rows));
    page.items.push_back(std::move(row.job));
  }
}

Result<std::vector<KindStats>> kind_stats(storage::Connection& connection, std::optional<UserId> user) {
  std::map<std::string, KindStats> kinds;
  const UserId whose = user.value_or(everybody);
  {
    OMNICRM_ASSIGN(auto rows, user ? storage::Query::run(connection, count_of_user, whose)
                                   : storage::Query::run(connection, count_of_all));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      auto kind = rows.get<std::string>(0);
      KindStats& stats = kinds[kind];
      stats.kind = std::move(kind);
      const auto state = enum_from_name<JobState>(rows.get<std::string>(1));
      if (state) add(stats, *state, rows.get<std::int64_t>(2), rows.get<Timestamp>(3));
    }
  }
  OMNICRM_TRY(mark_paused(connection, whose, kinds));
  std::vector<KindStats> result;
  result.reserve(kinds.size());
  for (auto& [name, stats] : kinds) result.push_back(std::move(stats));
  return result;
}

Result<std::vector<JobFailure>> failures(storage::Connection& connection, UserId user, JobId id) {
  OMNICRM_TRY(find(connection, user, id));
  std::vector<JobFailure> found;
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection,
                                     "SELECT attempt, at, error FROM job_failures WHERE user_id = ? "
                                     "AND job_id = ? ORDER BY at, attempt",
                                     user, id));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return found;
    found.push_back({rows.get<std::int64_t>(0), rows.get<Timestamp>(1), rows.get<Json>(2)});
  }
}

}  // namespace omnicrm::jobs::sqlite
