#include "jobs/sqlite/insert.hpp"

#include <optional>
#include <string>

#include "core/errors.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/sqlite/fair_clock.hpp"
#include "jobs/sqlite/rows.hpp"
#include "jobs/sqlite/unique_keys.hpp"
#include "jobs/sqlite/waits.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

// A row that is not ready keeps its cost in virtual_time: its turn is counted when it becomes ready, not
// while nobody can run it.
constexpr char insert_job[] =
    "INSERT INTO jobs (user_id, id, kind, payload, state, priority, virtual_time, run_at, attempt, "
    "max_attempts, unique_key, unique_scope, batch_id, progress_done, progress_total, progress_note, error, "
    "result, cancel_requested, trace, is_parked, created_at, finished_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 0, 0, '', ?, 'null', 0, ?, 0, ?, ?)";

/// The jobs of one call.
class Insertion {
 public:
  Insertion(storage::Connection& connection, const StoreTools& tools, UserId user)
      : connection_(connection), tools_(tools), user_(user), now_(tools.clock.now()), fair_(connection) {}

  Result<std::vector<JobId>> run(std::span<const NewJob> jobs) {
    OMNICRM_ASSIGN(insert_, connection_.prepare(insert_job));
    std::vector<JobId> made;
    made.reserve(jobs.size());
    for (std::size_t index = 0; index < jobs.size(); ++index) {
      OMNICRM_ASSIGN(const JobId id, add(jobs[index], index));
      made.push_back(id);
    }
    OMNICRM_TRY(fair_.save());
    return made;
  }

 private:
  Result<JobId> add(const NewJob& job, std::size_t index) {
    const auto id = tools_.ids.make<JobId>();
    Waits waits;
    if (!job.after_jobs.empty() || job.after_batch) {
      OMNICRM_ASSIGN(waits, waits_of(connection_, user_, job, index));
    }
    if (!job.unique_key.empty() && waits.doomed.empty()) {
      OMNICRM_ASSIGN(const auto holder, take_key(connection_, key_of(job), id, now_));
      if (holder) {
        if (job.unique_conflict == UniqueConflict::replace) OMNICRM_TRY(replace(*holder, job));
        return *holder;
      }
    }
    OMNICRM_TRY(write(job, id, waits));
    if (waits.doomed.empty() && waits.any()) OMNICRM_TRY(write_waits(connection_, user_, id, waits, job));
    return id;
  }

  Result<void> write(const NewJob& job, JobId id, const Waits& waits) {
    const bool later = job.run_at && *job.run_at > now_;
    const Timestamp run_at = later ? *job.run_at : now_;
    std::string_view state = later ? "scheduled" : "ready";
    std::optional<Timestamp> finished_at;
    if (!waits.doomed.empty()) {
      state = "cancelled";
      finished_at = now_;
    } else if (waits.any()) {
      state = "waiting";
    }
    std::int64_t virtual_time = job.cost;
    if (state == "ready") {
      OMNICRM_ASSIGN(virtual_time, fair_.start(user_, job.kind, job.priority, job.cost));
    }
    const std::string_view error = waits.doomed.empty() ? std::string_view("null") : waits.doomed;
    const std::string_view scope = job.unique_key.empty() ? std::string_view() : scope_name(job.unique_scope);
    const std::string& trace = job.trace.empty() ? trace_ : job.trace;
    int at = 0;
    const auto bind = [&](const auto& value) { storage::bind_value(*insert_, at++, value); };
    bind(user_), bind(id), bind(job.kind), bind(job.payload), bind(state), bind(job.priority);
    bind(virtual_time), bind(run_at), bind(job.max_attempts), bind(job.unique_key), bind(scope);
    bind(job.batch_id), bind(error), bind(trace), bind(now_), bind(finished_at);
    OMNICRM_TRY(insert_->step());
    insert_->reset();
    return {};
  }

  [[nodiscard]] KeyWish key_of(const NewJob& job) const {
    KeyWish wish{user_, job.kind, job.unique_key, job.unique_scope, {}};
    if (job.unique_scope == UniqueScope::period)
      wish.until = now_ + std::chrono::milliseconds(job.unique_for_ms);
    return wish;
  }

  /// A holder that still waits gets the new payload, priority and time.
  Result<void> replace(JobId holder, const NewJob& job) {
    auto found = find(connection_, user_, holder);
    if (!found && found.error().code == ErrorCode::not_found) return {};  // its period outlives it
    OMNICRM_ASSIGN(JobRow row, std::move(found));
    const JobState state = row.job.state;
    if (state != JobState::ready && state != JobState::scheduled && state != JobState::waiting) return {};
    OMNICRM_TRY(storage::run(connection_, "UPDATE jobs SET payload = ? WHERE user_id = ? AND seq = ?",
                             job.payload, user_, row.seq));
    const Timestamp run_at = job.run_at.value_or(now_);
    if (state == JobState::waiting) {
      return storage::run(connection_,
                          "UPDATE jobs SET priority = ?, run_at = ?, virtual_time = ? WHERE user_id = ? AND "
                          "seq = ?",
                          job.priority, run_at, job.cost, user_, row.seq);
    }
    // What is ready already keeps its place in the line.
    if (state == JobState::ready && run_at <= now_ && row.job.priority == job.priority) return {};
    row.job.priority = job.priority;
    return let_go(connection_, row, job.cost, run_at, now_);
  }

  storage::Connection& connection_;
  const StoreTools& tools_;
  UserId user_;
  Timestamp now_;
  FairClock fair_;
  const std::string trace_ = caller_trace();
  storage::StatementPtr insert_;
};

}  // namespace

Result<std::vector<JobId>> insert_jobs(storage::Connection& connection, const StoreTools& tools, UserId user,
                                       std::span<const NewJob> jobs) {
  return Insertion(connection, tools, user).run(jobs);
}

}  // namespace omnicrm::jobs::sqlite
