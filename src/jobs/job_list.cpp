#include "jobs/job_list.hpp"

#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "jobs/job_row.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

// By jobs_listed; with a batch by jobs_batch.
constexpr char select_page[] =
    "SELECT " OMNICRM_JOB_COLUMNS
    " FROM jobs WHERE user_id = ?1 AND (created_at, id) < (?2, ?3) AND (CAST(?4 AS TEXT) IS NULL OR state = "
    "?4) "
    "AND (CAST(?5 AS TEXT) IS NULL OR kind = ?5) ORDER BY created_at DESC, id DESC LIMIT ?6";
constexpr char select_batch_page[] = "SELECT " OMNICRM_JOB_COLUMNS
                                     " FROM jobs WHERE user_id = ?1 AND (created_at, id) < (?2, ?3) AND "
                                     "(CAST(?4 AS TEXT) IS NULL OR state = ?4) "
                                     "AND (CAST(?5 AS TEXT) IS NULL OR kind = ?5) AND batch_id = ?7 ORDER BY "
                                     "created_at DESC, id DESC LIMIT ?6";

std::string cursor_of(const Job& job) {
  return std::to_string(to_micros(job.created_at)) + "." + job.id.to_string();
}

constexpr JobId last_id() {
  JobId id;
  id.value.bytes.fill(0xff);
  return id;
}

}  // namespace

Result<std::optional<ListStart>> list_start(const PageRequest& page) {
  if (page.limit < 1 || page.limit > 1'000) return invalid("limit", "must be 1 to 1,000");
  if (page.cursor.empty()) return std::optional<ListStart>();
  const auto dot = page.cursor.find('.');
  if (dot == std::string::npos) return invalid("cursor", "is not a cursor of this list");
  std::int64_t micros = 0;
  const char* end = page.cursor.data() + dot;
  const auto read = std::from_chars(page.cursor.data(), end, micros);
  auto id = JobId::parse(std::string_view(page.cursor).substr(dot + 1));
  if (read.ec != std::errc{} || read.ptr != end || !id)
    return invalid("cursor", "is not a cursor of this list");
  return std::optional<ListStart>({from_micros(micros), *id});
}

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
      page.next = cursor_of(page.items.back());
      return page;
    }
    OMNICRM_ASSIGN(JobRow row, read_job(rows));
    page.items.push_back(std::move(row.job));
  }
}

Result<std::vector<KindStats>> kind_stats(storage::Connection& connection, UserId user) {
  std::map<std::string, KindStats> kinds;
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection,
                                                "SELECT kind, state, count(*), min(run_at) FROM jobs "
                                                "WHERE user_id = ? GROUP BY kind, state",
                                                user));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) break;
    auto kind = rows.get<std::string>(0);
    KindStats& stats = kinds[kind];
    stats.kind = std::move(kind);
    const auto state = enum_from_name<JobState>(rows.get<std::string>(1));
    const auto count = rows.get<std::int64_t>(2);
    if (state == JobState::scheduled) stats.scheduled = count;
    if (state == JobState::running) stats.running = count;
    if (state == JobState::done) stats.done = count;
    if (state == JobState::cancelled) stats.cancelled = count;
    if (state == JobState::dead) stats.dead = count;
    if (state == JobState::ready) {
      stats.ready = count;
      stats.oldest_ready_at = rows.get<Timestamp>(3);
    }
  }
  std::vector<KindStats> result;
  result.reserve(kinds.size());
  for (auto& [name, stats] : kinds) result.push_back(std::move(stats));
  return result;
}

Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                  Timestamp now) {
  // A claim may come in between: the keys of those alone that were not claimed are free.
  OMNICRM_ASSIGN(
      const std::int64_t waiting,
      storage::execute(connection,
                       "UPDATE jobs SET state = 'cancelled', finished_at = ? WHERE user_id = ? AND "
                       "batch_id = ? AND state IN ('ready', 'scheduled')",
                       now, user, batch));
  OMNICRM_TRY(
      storage::run(connection,
                   "DELETE FROM job_unique WHERE user_id = ?1 AND job_id IN (SELECT id FROM jobs WHERE "
                   "user_id = ?1 AND batch_id = ?2 AND state = 'cancelled' AND unique_key <> '')",
                   user, batch));
  OMNICRM_ASSIGN(
      const std::int64_t running,
      storage::execute(connection,
                       "UPDATE jobs SET cancel_requested = 1 WHERE user_id = ? AND batch_id = ? AND "
                       "state = 'running'",
                       user, batch));
  return waiting + running;
}

}  // namespace omnicrm::jobs
