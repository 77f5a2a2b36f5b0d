#include "jobs/postgres/pg_claim.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include <boost/json.hpp>

#include "core/errors.hpp"
#include "jobs/postgres/pg_arrays.hpp"
#include "jobs/postgres/pg_ids.hpp"
#include "jobs/postgres/pg_keys.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::postgres {
namespace {

constexpr char claim_sql[] =
    "SELECT what, chunk, user_id, id, kind, payload, priority, vt, run_at, attempt, max_attempts, cost, "
    "unique_key, batch_id, created_at, trace, is_ended FROM job_claim(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?)";
constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
// How often a claim begins at the very beginning of its lines, where jobs stand that were given back or came
// late: at once when the last one ran short, but not in a storm of empty claims.
constexpr std::int64_t walk_when_short = 20'000;
constexpr std::int64_t walk_always = 250'000;

enum Column {
  what,
  chunk,
  user_id,
  id,
  kind,
  payload,
  priority,
  vt,
  run_at,
  attempt,
  max_attempts,
  cost,
  unique_key,
  batch_id,
  created_at,
  trace,
  is_ended
};
enum What { of_line = 1, of_share = 2, of_job = 3 };

class Claiming {
 public:
  Claiming(storage::Connection& connection, WorkerMemory& memory, LineBounds& bounds, const RoundCall& call)
      : connection_(connection), memory_(memory), bounds_(bounds), call_(call) {}

  void walk(bool wholly) {
    for (const auto& [line, known] : memory_.lines) {
      kinds_.add(std::string_view(line.first));
      priorities_.add(line.second);
      from_.add(wholly ? lowest : known.from);
      served_.add(known.served);
      chunks_.add(known.chunks);
    }
  }

  Result<void> take(const KindShare& share, const std::string& kinds, LeaseId lease, WorkerId worker,
                    std::size_t& restarts) {
    const std::int64_t limit = static_cast<std::int64_t>(share.limit);
    const std::int64_t period = std::max<std::int64_t>(
        1, std::chrono::duration_cast<std::chrono::microseconds>(share.rate_period).count());
    OMNICRM_ASSIGN(
        auto rows,
        storage::Query::run(connection_, claim_sql, call_.now, worker, lease, kinds, limit,
                            static_cast<std::int64_t>(restarts), share.max_global, share.rate_limit, period,
                            kinds_.text(), priorities_.text(), from_.text(), served_.text(), chunks_.text()));
    HeldLease held;
    held.claimed_at = call_.now;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      const auto kind_of_row = rows.get<std::int64_t>(Column::what);
      if (kind_of_row == of_line) note_line(rows);
      if (kind_of_row == of_share) note_share(rows);
      if (kind_of_row == of_job) note_job(rows, lease, held, restarts);
    }
    if (!held.chunks.empty()) memory_.claiming.emplace(lease, std::move(held));
    return {};
  }

  Result<Claim> finish() {
    std::sort(claim_.jobs.begin(), claim_.jobs.end(), [](const JobRow& a, const JobRow& b) {
      return std::tie(a.job.priority, a.job.virtual_time, a.job.id) <
             std::tie(b.job.priority, b.job.virtual_time, b.job.id);
    });
    for (const JobRow& row : claim_.jobs) OMNICRM_TRY(release_started_key(connection_, row.user, row.job));
    OMNICRM_TRY(add_past());
    return std::move(claim_);
  }

 private:
  void note_line(const storage::Query& row) {
    LineMemory& line =
        memory_.lines[{row.get<std::string>(Column::kind), row.get<std::int64_t>(Column::priority)}];
    const auto rows = row.get<std::int64_t>(Column::chunk);
    const auto jobs = row.get<std::int64_t>(Column::attempt);
    line.from = row.get<std::int64_t>(Column::vt);
    line.served += jobs;
    line.chunks = std::clamp<std::int64_t>(rows + rows / 4, 1, 1'000);
    bounds_.raise({row.get<std::string>(Column::kind), row.get<std::int64_t>(Column::priority)}, line.from);
  }

  void note_share(const storage::Query& row) {
    const bool full = row.get<std::int64_t>(Column::chunk) <= 0;
    claim_.more = claim_.more || full;
    claim_.restarts_left = claim_.restarts_left || row.get<bool>(Column::is_ended);
    const auto due = row.get<std::optional<Timestamp>>(Column::run_at);
    if (due && (!claim_.next_due || *due < *claim_.next_due)) claim_.next_due = due;
  }

  void note_job(const storage::Query& row, LeaseId lease, HeldLease& held, std::size_t& restarts) {
    const auto ordinal = row.get<std::int64_t>(Column::chunk);
    const auto job_id = row.get<JobId>(Column::id);
    const auto job_cost = row.get<std::int64_t>(Column::cost);
    if (ordinal != chunk_) {
      chunk_ = ordinal;
      chunk_first_ = job_id.value;
    }
    if (row.get<bool>(Column::is_ended)) return;  // cancelled while it waited
    const auto offset = static_cast<std::int64_t>(tail(job_id.value) - tail(chunk_first_));
    JobRow read;
    read.user = row.get<UserId>(Column::user_id);
    Job& job = read.job;
    job.id = job_id;
    job.kind = row.get<std::string>(Column::kind);
    job.payload = row.get<Json>(Column::payload);
    job.state = JobState::running;
    job.priority = row.get<std::int64_t>(Column::priority);
    job.virtual_time = row.get<std::int64_t>(Column::vt) + offset * job_cost;
    job.run_at = row.get<Timestamp>(Column::run_at);
    job.attempt = row.get<std::int64_t>(Column::attempt);
    job.max_attempts = row.get<std::int64_t>(Column::max_attempts);
    job.unique_key = row.get<std::string>(Column::unique_key);
    job.batch_id = row.get<std::optional<BatchId>>(Column::batch_id);
    job.created_at = row.get<Timestamp>(Column::created_at);
    job.trace = row.get<std::string>(Column::trace);
    job.lease_id = lease;
    job.started_at = call_.now;
    job.error.text = "null";
    job.result.text = "null";
    if (job.attempt > 1 && restarts > 0) --restarts;
    read.seq = static_cast<std::int64_t>(held.add(read, job_cost));
    claim_.jobs.push_back(std::move(read));
  }

  /// What a job that was started before has behind it.
  Result<void> add_past() {
    std::map<JobId, Job*> again;
    ArrayText users;
    ArrayText ids;
    for (JobRow& row : claim_.jobs) {
      if (row.job.attempt < 2) continue;
      again[row.job.id] = &row.job;
      users.add(row.user);
      ids.add(row.job.id);
    }
    if (again.empty()) return {};
    OMNICRM_ASSIGN(
        auto rows,
        storage::Query::run(
            connection_,
            "SELECT j.id, coalesce(j.progress_done, 0), coalesce(j.progress_total, 0), "
            "coalesce(j.progress_note, ''), coalesce((SELECT f.error FROM job_failures f WHERE f.user_id "
            "= j.user_id AND f.job_id = j.id ORDER BY f.at DESC, f.attempt DESC LIMIT 1), 'null') FROM "
            "unnest(CAST(? AS UUID[]), CAST(? AS UUID[])) AS e (user_id, id) JOIN jobs j ON j.user_id = "
            "e.user_id AND j.id = e.id",
            users.text(), ids.text()));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return {};
      Job& job = *again.at(rows.get<JobId>(0));
      job.progress_done = rows.get<std::int64_t>(1);
      job.progress_total = rows.get<std::int64_t>(2);
      job.progress_note = rows.get<std::string>(3);
      job.error = rows.get<Json>(4);
    }
  }

  storage::Connection& connection_;
  WorkerMemory& memory_;
  LineBounds& bounds_;
  const RoundCall& call_;
  Claim claim_;
  ArrayText kinds_, priorities_, from_, served_, chunks_;
  std::int64_t chunk_ = -1;
  Uuid chunk_first_;
};

}  // namespace

std::string KindLists::of(const std::string& json) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(json);
  if (found != known_.end()) return found->second;
  ArrayText list;
  boost::json::error_code problem;
  const auto value = boost::json::parse(json, problem);
  if (!problem && value.is_array()) {
    for (const auto& kind : value.get_array()) {
      if (kind.is_string()) list.add(std::string_view(kind.get_string()));
    }
  }
  return known_[json] = list.text();
}

Result<Claim> claim(storage::Connection& connection, WorkerMemory& memory, KindLists& kinds,
                    LineBounds& bounds, const RoundCall& call, WorkerId worker, const RoundOrder& order) {
  Claiming claiming(connection, memory, bounds, call);
  const std::int64_t now = std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::steady_clock::now().time_since_epoch())
                               .count();
  const bool wholly = now - memory.walked_at > (memory.was_short ? walk_when_short : walk_always);
  if (wholly) memory.walked_at = now;
  claiming.walk(wholly);
  std::size_t restarts = order.restarts;
  std::uint64_t number = 0;
  for (const KindShare& share : order.shares) {
    if (share.limit == 0) continue;
    const std::string list = kinds.of(share.kinds);
    const LeaseId lease{after(call.lease.value, number++)};
    OMNICRM_TRY(claiming.take(share, list, lease, worker, restarts));
  }
  OMNICRM_ASSIGN(Claim claim, claiming.finish());
  memory.was_short = !claim.more;
  // Others' locks, and what stands before where this claim began, may have hidden jobs: only a look at
  // everything that finds nothing says that there is nothing.
  if (claim.jobs.empty() && !wholly) memory.walked_at = 0;
  claim.more = claim.more || !claim.jobs.empty() || !wholly;
  return claim;
}

}  // namespace omnicrm::jobs::postgres
