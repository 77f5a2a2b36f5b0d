#include "jobs/enqueue.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/time_range.hpp"
#include "jobs/fair.hpp"
#include "jobs/job_row.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::size_t longest_kind = 100;
constexpr std::size_t longest_key = 500;
constexpr std::int64_t most_attempts = 1'000;
constexpr std::int64_t highest_cost = 1'000'000;
constexpr std::int64_t widest_priority = 1'000'000'000;

// A scheduled row keeps its cost in virtual_time: its turn is counted when it becomes due (promote_due), not
// while nobody can run it.
constexpr char insert_job[] =
    "INSERT INTO jobs (user_id, id, kind, payload, state, priority, virtual_time, run_at, attempt, "
    "max_attempts, "
    "unique_key, batch_id, progress_done, progress_total, progress_note, error, result, cancel_requested, "
    "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0, 0, '', 'null', 'null', 0, ?)";

Result<void> check(const NewJob& job, std::size_t index) {
  const auto bad = [index](std::string_view field, std::string_view reason) {
    return invalid(fmt::format("jobs[{}].{}", index, field), reason);
  };
  if (job.kind.empty() || job.kind.size() > longest_kind || !text::is_utf8(job.kind))
    return bad("kind", "must be 1 to 100 bytes of UTF-8");
  if (job.kind.find('\0') != std::string::npos) return bad("kind", "must not hold a NUL");
  if (job.run_at && !is_writable(*job.run_at)) return bad("run_at", "must be within the years 1 to 9999");
  if (!is_json_object(job.payload.text)) return bad("payload", "must be a JSON object");
  if (job.priority < -widest_priority || job.priority > widest_priority)
    return bad("priority", "must be within 1,000,000,000 of 0");
  if (job.max_attempts < 1 || job.max_attempts > most_attempts)
    return bad("max_attempts", "must be 1 to 1,000");
  if (job.unique_key.size() > longest_key || !text::is_utf8(job.unique_key))
    return bad("unique_key", "must be at most 500 bytes of UTF-8");
  if (job.unique_key.find('\0') != std::string::npos) return bad("unique_key", "must not hold a NUL");
  if (job.cost < 1 || job.cost > highest_cost) return bad("cost", "must be 1 to 1,000,000");
  return {};
}

}  // namespace

Result<void> check(const std::vector<NewJob>& jobs) {
  for (std::size_t index = 0; index < jobs.size(); ++index) OMNICRM_TRY(check(jobs[index], index));
  return {};
}

Result<std::vector<JobId>> insert_jobs(storage::Connection& connection, Clock& clock, IdGenerator& ids,
                                       UserId user, const std::vector<NewJob>& jobs) {
  std::vector<JobId> made;
  made.reserve(jobs.size());
  FairClock fair(connection);
  const Timestamp now = clock.now();
  OMNICRM_ASSIGN(const storage::StatementPtr insert, connection.prepare(insert_job));
  for (const NewJob& job : jobs) {
    const auto id = ids.make<JobId>();
    if (!job.unique_key.empty()) {
      OMNICRM_ASSIGN(const auto existing, take_key(connection, user, job.kind, job.unique_key, id));
      if (existing) {
        made.push_back(*existing);
        continue;
      }
    }
    const bool later = job.run_at && *job.run_at > now;
    std::int64_t virtual_time = job.cost;
    if (!later) {
      OMNICRM_ASSIGN(virtual_time, fair.start(user, job.priority, job.cost));
    }
    const Timestamp run_at = later ? *job.run_at : now;
    const std::string_view state = later ? "scheduled" : "ready";
    int at = 0;
    const auto bind = [&](const auto& value) { storage::bind_value(*insert, at++, value); };
    bind(user), bind(id), bind(job.kind), bind(job.payload), bind(state), bind(job.priority),
        bind(virtual_time);
    bind(run_at), bind(job.max_attempts), bind(job.unique_key), bind(job.batch_id), bind(now);
    OMNICRM_TRY(insert->step());
    insert->reset();
    made.push_back(id);
  }
  OMNICRM_TRY(fair.save());
  return made;
}

Result<std::optional<JobId>> take_key(storage::Connection& connection, UserId user, const std::string& kind,
                                      const std::string& key, JobId job) {
  OMNICRM_ASSIGN(
      const std::int64_t taken,
      storage::execute(connection,
                       "INSERT INTO job_unique (user_id, kind, unique_key, job_id) VALUES (?, ?, ?, ?) "
                       "ON CONFLICT DO NOTHING",
                       user, kind, key, job));
  if (taken > 0) return std::optional<JobId>();
  return storage::query_one<JobId>(
      connection, "SELECT job_id FROM job_unique WHERE user_id = ? AND kind = ? AND unique_key = ?", user,
      kind, key);
}

Result<void> release_key(storage::Connection& connection, UserId user, const Job& job) {
  if (job.unique_key.empty()) return {};
  OMNICRM_TRY(storage::run(
      connection, "DELETE FROM job_unique WHERE user_id = ? AND kind = ? AND unique_key = ? AND job_id = ?",
      user, job.kind, job.unique_key, job.id));
  return {};
}

}  // namespace omnicrm::jobs
