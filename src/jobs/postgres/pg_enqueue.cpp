#include "jobs/postgres/pg_enqueue.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/postgres/pg_arrays.hpp"
#include "jobs/postgres/pg_close.hpp"
#include "jobs/postgres/pg_ids.hpp"
#include "jobs/postgres/pg_keys.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::postgres {
namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
// A user's first jobs stand alone, so that a claim of whole chunks takes few of each user; of many jobs most
// stand in chunks of this size, so that the line is short.
constexpr std::int64_t largest_chunk = 128;

constexpr auto job_columns = std::to_array<std::string_view>(
    {"user_id", "id", "priority", "run_at", "cost", "max_attempts", "created_at", "kind", "payload",
     "unique_key", "unique_scope", "trace", "batch_id"});
constexpr auto ready_columns = std::to_array<std::string_view>(
    {"user_id", "first", "last", "vt", "priority", "cost", "n", "attempt", "kind"});
constexpr auto scheduled_columns = std::to_array<std::string_view>(
    {"user_id", "id", "due", "priority", "cost", "attempt", "kind", "state", "vt"});
constexpr auto wait_columns = std::to_array<std::string_view>({"user_id", "job_id", "on_job", "on_batch"});

// Who waits for the batch, and what the new job waits for, as far as that waits itself: if they meet, nobody
// of them would ever start.
constexpr char circle_sql[] =
    "WITH RECURSIVE behind (id) AS ("
    " (SELECT id FROM unnest(CAST(?2 AS UUID[])) AS o (id) UNION "
    "  SELECT j.id FROM jobs j WHERE j.user_id = ?1 AND j.batch_id = ?3 AND j.ended IS NULL)"
    " UNION SELECT x.id FROM behind b JOIN job_waits w ON w.user_id = ?1 AND w.job_id = b.id"
    "   CROSS JOIN LATERAL (SELECT w.on_job AS id WHERE w.on_job IS NOT NULL UNION ALL "
    "     SELECT j.id FROM jobs j WHERE j.user_id = ?1 AND j.batch_id = w.on_batch AND j.ended IS NULL) x) "
    "SELECT EXISTS (SELECT 1 FROM job_waits WHERE user_id = ?1 AND on_batch = ?4) AND "
    "EXISTS (SELECT 1 FROM job_waits w WHERE w.user_id = ?1 AND w.on_batch = ?4 AND w.job_id IN (SELECT id "
    "FROM "
    "behind))";

template <class... Args>
Result<void> insert(storage::Connection& connection, std::string_view table,
                    std::span<const std::string_view> columns, const Args&... args) {
  OMNICRM_ASSIGN(const storage::StatementPtr statement, connection.prepare_insert(table, columns));
  int at = 0;
  (storage::bind_value(*statement, at++, args), ...);
  OMNICRM_TRY(statement->step());
  return {};
}

/// Ready, but the user has paused the kind.
Result<void> park(storage::Connection& connection, UserId user, JobId id, std::string_view kind,
                  std::int64_t priority, std::int64_t cost) {
  return insert(connection, "job_scheduled", scheduled_columns, user, id, nullptr, priority, cost,
                std::int64_t{0}, kind, std::string_view("ready"), std::int64_t{0});
}

/// Jobs of one call that stand behind each other in one line.
struct Run {
  Uuid first;
  std::int64_t n = 0;
  const NewJob* job = nullptr;  // for kind, priority, cost
};

/// Where a line's next chunk of this call stands, and how large it is.
struct Turn {
  std::int64_t start = 0;
  std::int64_t size = 1;
  bool paused = false;
};

class Call {
 public:
  Call(storage::Connection& connection, LineBounds& bounds, const StoreTools& tools, UserId user,
       std::span<const NewJob> jobs)
      : connection_(connection), bounds_(bounds), tools_(tools), user_(user), jobs_(jobs) {}

  Result<std::vector<JobId>> run() {
    now_ = tools_.clock.now();
    if (jobs_.empty()) return std::vector<JobId>();
    caller_trace_ = caller_trace();
    base_ = first_of_many(tools_.ids.next());
    made_.resize(jobs_.size());
    OMNICRM_TRY(number());
    OMNICRM_ASSIGN(rows_, connection_.prepare_insert("jobs", job_columns));
    for (const std::size_t place : order_) OMNICRM_TRY(add(place));
    rows_.reset();
    OMNICRM_TRY(line_up());
    OMNICRM_TRY(settle());
    return std::move(made_);
  }

 private:
  using Line = LineBounds::Line;

  /// In the order given, unless kinds take turns in it: then jobs of one line are numbered together, or every
  /// job would be a chunk of its own.
  Result<void> number() {
    order_.resize(jobs_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::size_t changes = 0;
    for (std::size_t i = 1; i < jobs_.size(); ++i) changes += is_like(jobs_[i - 1], jobs_[i]) ? 0 : 1;
    if (changes > 64) {
      std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(jobs_[a].priority, jobs_[a].kind, jobs_[a].cost) <
               std::tie(jobs_[b].priority, jobs_[b].kind, jobs_[b].cost);
      });
    }
    return {};
  }

  static bool is_like(const NewJob& a, const NewJob& b) {
    return a.priority == b.priority && a.cost == b.cost && a.kind == b.kind;
  }

  Result<void> add(std::size_t place) {
    const NewJob& job = jobs_[place];
    const JobId id{after(base_, used_++)};
    made_[place] = id;
    if (!job.unique_key.empty()) {
      OMNICRM_ASSIGN(const auto other, take_key(connection_, user_, job, id, now_));
      if (other) {
        made_[place] = *other;
        if (job.unique_conflict == UniqueConflict::replace) return replace(*other, job);
        return {};
      }
    }
    const bool later = job.run_at && *job.run_at > now_;
    const Timestamp run_at = later ? *job.run_at : now_;
    int at = 0;
    const auto bind = [&](const auto& value) { storage::bind_value(*rows_, at++, value); };
    bind(user_), bind(id), bind(job.priority), bind(run_at), bind(job.cost), bind(job.max_attempts),
        bind(now_);
    const auto scope =
        job.unique_key.empty() ? std::nullopt : std::optional<std::string_view>(scope_name(job.unique_scope));
    bind(job.kind), bind(job.payload), bind(job.unique_key), bind(scope),
        bind(job.trace.empty() ? caller_trace_ : job.trace);
    bind(job.batch_id);
    OMNICRM_TRY(rows_->step());
    rows_->reset();
    OMNICRM_ASSIGN(const bool waits, wait_for(place, id));
    if (waits || later) {
      const std::optional<Timestamp> due = waits ? std::nullopt : std::optional(run_at);
      const std::string_view state = waits ? "waiting" : "scheduled";
      return insert(connection_, "job_scheduled", scheduled_columns, user_, id, due, job.priority, job.cost,
                    std::int64_t{0}, job.kind, state, std::int64_t{0});
    }
    const bool joins = !runs_.empty() && job.unique_key.empty() && is_like(*runs_.back().job, job) &&
                       runs_.back().job->unique_key.empty() &&
                       after(runs_.back().first, static_cast<std::uint64_t>(runs_.back().n)) == id.value;
    if (joins) {
      ++runs_.back().n;
    } else {
      runs_.push_back({id.value, 1, &job});
    }
    units_[{job.kind, job.priority}] += job.cost;
    return {};
  }

  Result<bool> wait_for(std::size_t place, JobId id) {
    const NewJob& job = jobs_[place];
    bool waits = false;
    for (std::size_t i = 0; i < job.after_jobs.size(); ++i) {
      const JobId& on = job.after_jobs[i];
      OMNICRM_ASSIGN(const auto state, storage::query_one<std::optional<std::string>>(
                                           connection_, "SELECT omnicrm_job_hold(?, ?)", user_, on));
      if (!state || !*state)
        return not_found(fmt::format("jobs[{}].after_jobs[{}]", place, i), on.to_string());
      if (**state == "done") continue;
      OMNICRM_TRY(insert(connection_, "job_waits", wait_columns, user_, id, on, nullptr));
      if (**state == "dead" || **state == "cancelled") fallen_.push_back(on);
      waits = true;
    }
    OMNICRM_ASSIGN(const bool waits_for_batch, wait_for_batch(job, id));
    OMNICRM_TRY(check_circle(place, waits_for_batch));
    return waits || waits_for_batch;
  }

  Result<bool> wait_for_batch(const NewJob& job, JobId id) {
    if (!job.after_batch) return false;
    OMNICRM_TRY(line_up());  // what has no place yet would look as if it had ended
    OMNICRM_ASSIGN(const auto open,
                   storage::query_one<bool>(connection_, "SELECT omnicrm_job_batch_hold(?, ?)", user_,
                                            *job.after_batch));
    if (!open.value_or(false)) return false;
    OMNICRM_TRY(insert(connection_, "job_waits", wait_columns, user_, id, nullptr, *job.after_batch));
    return true;
  }

  /// A job that would wait for the batch that it is in.
  Result<void> check_circle(std::size_t place, bool waits_for_batch) {
    const NewJob& job = jobs_[place];
    if (!job.batch_id || (!waits_for_batch && job.after_jobs.empty())) return {};
    ArrayText ids;
    for (const JobId& on : job.after_jobs) ids.add(on);
    const std::optional<BatchId> batch = waits_for_batch ? job.after_batch : std::nullopt;
    OMNICRM_ASSIGN(const auto circle, storage::query_one<bool>(connection_, circle_sql, user_, ids.text(),
                                                               batch, *job.batch_id));
    if (!circle.value_or(false)) return {};
    return invalid(fmt::format("jobs[{}].{}", place, waits_for_batch ? "after_batch" : "after_jobs"),
                   "waits for the batch that the job is to be in");
  }

  /// The one that has the key gets this one's wish, if nobody has started it.
  Result<void> replace(JobId other, const NewJob& job) {
    OMNICRM_ASSIGN(const auto state, storage::query_one<std::optional<std::string>>(
                                         connection_, "SELECT omnicrm_job_hold(?, ?)", user_, other));
    if (!state || !*state || (**state != "ready" && **state != "scheduled" && **state != "waiting"))
      return {};
    const bool later = job.run_at && *job.run_at > now_;
    const Timestamp run_at = later ? *job.run_at : now_;
    OMNICRM_TRY(
        storage::run(connection_,
                     "UPDATE jobs SET payload = ?, priority = ?, run_at = ?, cost = ?, max_attempts = ? "
                     "WHERE user_id = ? AND id = ?",
                     job.payload, job.priority, run_at, job.cost, job.max_attempts, user_, other));
    if (**state == "waiting") {
      OMNICRM_TRY(storage::run(connection_,
                               "UPDATE job_scheduled SET priority = ?, cost = ? WHERE user_id = ? AND id = ?",
                               job.priority, job.cost, user_, other));
      return {};
    }
    OMNICRM_ASSIGN(const std::int64_t scheduled,
                   storage::execute(connection_, "DELETE FROM job_scheduled WHERE user_id = ? AND id = ?",
                                    user_, other));
    if (scheduled == 0) {
      OMNICRM_TRY(
          storage::run(connection_, "DELETE FROM job_ready WHERE user_id = ? AND first = ?", user_, other));
    }
    if (later) {
      return insert(connection_, "job_scheduled", scheduled_columns, user_, other, run_at, job.priority,
                    job.cost, std::int64_t{0}, job.kind, std::string_view("scheduled"), std::int64_t{0});
    }
    runs_.push_back({other.value, 1, &job});
    units_[{job.kind, job.priority}] += job.cost;
    return {};
  }

  Result<void> line_up() {
    std::map<Line, Turn> turns;
    OMNICRM_TRY(find_turns(turns));
    if (!runs_.empty()) {
      OMNICRM_ASSIGN(const storage::StatementPtr ready,
                     connection_.prepare_insert("job_ready", ready_columns));
      std::pair<const Line, Turn>* line = nullptr;
      for (const Run& run : runs_) {
        if (line == nullptr || line->first.second != run.job->priority || line->first.first != run.job->kind)
          line = &*turns.find({run.job->kind, run.job->priority});
        OMNICRM_TRY(line->second.paused ? park(run) : put(*ready, run, line->second));
      }
    }
    runs_.clear();
    units_.clear();
    return {};
  }

  /// What they wait for may have ended, badly, before.
  Result<void> settle() {
    for (const JobId& on : fallen_) {
      const std::pair<UserId, JobId> ended{user_, on};
      OMNICRM_TRY(resolve(connection_, std::span(&ended, 1), /*bad=*/true, now_));
    }
    return {};
  }

  Result<void> find_turns(std::map<Line, Turn>& turns) {
    for (const auto& [line, units] : units_) {
      OMNICRM_ASSIGN(auto rows,
                     storage::Query::run(connection_,
                                         "SELECT system, start, paused FROM omnicrm_job_start(?, ?, ?, ?, ?)",
                                         user_, line.first, line.second, bounds_.of(line), units));
      OMNICRM_TRY(rows.next());
      bounds_.raise(line, rows.get<std::int64_t>(0));
      turns[line] = {rows.get<std::int64_t>(1), 1, rows.get<bool>(2)};
    }
    return {};
  }

  Result<void> park(const Run& run) {
    for (std::int64_t at = 0; at < run.n; ++at) {
      const JobId id{after(run.first, static_cast<std::uint64_t>(at))};
      OMNICRM_TRY(postgres::park(connection_, user_, id, run.job->kind, run.job->priority, run.job->cost));
    }
    return {};
  }

  Result<void> put(storage::Statement& ready, const Run& run, Turn& turn) {
    auto& [start, size, paused] = turn;
    for (std::int64_t at = 0; at < run.n;) {
      const std::int64_t n = std::min(size, run.n - at);
      const Uuid first = after(run.first, static_cast<std::uint64_t>(at));
      const Uuid last = after(first, static_cast<std::uint64_t>(n - 1));
      int place = 0;
      const auto bind = [&](const auto& value) { storage::bind_value(ready, place++, value); };
      bind(user_), bind(first), bind(last), bind(start), bind(run.job->priority), bind(run.job->cost),
          bind(n), bind(std::int64_t{0}), bind(run.job->kind);
      OMNICRM_TRY(ready.step());
      ready.reset();
      start += n * run.job->cost;
      at += n;
      size = std::min(2 * size, largest_chunk);
    }
    return {};
  }

  storage::Connection& connection_;
  LineBounds& bounds_;
  const StoreTools& tools_;
  const UserId user_;
  const std::span<const NewJob> jobs_;
  Timestamp now_{};
  std::string caller_trace_;
  Uuid base_;
  std::uint64_t used_ = 0;
  std::vector<std::size_t> order_;
  std::vector<JobId> made_;
  std::vector<Run> runs_;
  std::map<Line, std::int64_t> units_;
  std::vector<JobId> fallen_;
  storage::StatementPtr rows_;
};

}  // namespace

std::int64_t LineBounds::of(const Line& line) const {
  const std::lock_guard lock(mutex_);
  const auto found = bounds_.find(line);
  return found == bounds_.end() ? lowest : found->second;
}

void LineBounds::raise(const Line& line, std::int64_t bound) {
  const std::lock_guard lock(mutex_);
  auto& known = bounds_.try_emplace(line, bound).first->second;
  known = std::max(known, bound);
}

Result<std::vector<JobId>> insert_jobs(storage::Connection& connection, LineBounds& bounds,
                                       const StoreTools& tools, UserId user, std::span<const NewJob> jobs) {
  return Call(connection, bounds, tools, user, jobs).run();
}

Result<void> put_in_line(storage::Connection& connection, LineBounds& bounds, UserId user, JobId id,
                         const std::string& kind, std::int64_t priority, std::int64_t cost) {
  const LineBounds::Line line{kind, priority};
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection, "SELECT start, paused FROM omnicrm_job_start(?, ?, ?, ?, ?)",
                                     user, kind, priority, bounds.of(line), cost));
  OMNICRM_TRY(rows.next());
  const auto start = rows.get<std::int64_t>(0);
  if (rows.get<bool>(1)) return park(connection, user, id, kind, priority, cost);
  return insert(connection, "job_ready", ready_columns, user, id, id, start, priority, cost, std::int64_t{1},
                std::int64_t{0}, kind);
}

}  // namespace omnicrm::jobs::postgres
