#include "jobs/postgres/pg_close.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "core/errors.hpp"
#include "jobs/postgres/pg_ids.hpp"
#include "jobs/postgres/pg_keys.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::postgres {
namespace {

constexpr char close_sql[] = "SELECT job_close(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr auto ready_columns = std::to_array<std::string_view>(
    {"user_id", "first", "last", "vt", "priority", "cost", "n", "attempt", "kind"});

/// Nothing to write but the receipt: the state of such a job is that it stands nowhere any more.
bool is_plain(const Ending& ending) {
  return ending.how == Ending::How::done && !ending.marked_done && ending.row.job.attempt == 1 &&
         (ending.result.text.empty() || ending.result.text == "null");
}

class Close {
 public:
  Close(storage::Connection& connection, WorkerMemory& memory, const RoundCall& call, const RoundOrder& order)
      : connection_(connection), memory_(memory), call_(call), order_(order) {}

  Result<Closed> run() {
    sort_endings();
    for (const auto& [lease, change] : memory_.changing) list(lease, change);
    OMNICRM_TRY(send());
    if (closed_.lost) return closed_;
    for (const auto& [row, progress] : order_.progress) {
      if (memory_.leases.contains(*row.job.lease_id)) OMNICRM_TRY(write(row, progress));
    }
    for (const Ending* ending : plain_) {
      if (fenced_.contains(*ending->row.job.lease_id)) continue;
      ++closed_.summary.done;
      OMNICRM_TRY(release_key(connection_, ending->row.user, ending->row.job, call_.now));
      if (ending->progress) OMNICRM_TRY(write(ending->row, *ending->progress));
    }
    OMNICRM_TRY(write_others());
    return closed_;
  }

 private:
  void sort_endings() {
    for (const Ending& ending : order_.endings) {
      const auto held = memory_.leases.find(*ending.row.job.lease_id);
      const auto place = static_cast<std::size_t>(ending.row.seq);
      if (held == memory_.leases.end() || held->second.ended[place]) {
        // The lease was lost, or a round whose commit was in doubt wrote it.
        if (ending.marked_done) ++closed_.summary.done;
        continue;
      }
      LeaseChange& change = memory_.changing[held->first];
      change.places.push_back(place);
      (is_plain(ending) ? plain_ : others_).push_back(&ending);
    }
    for (const Ending* ending : plain_)
      plain_places_[*ending->row.job.lease_id].push_back(static_cast<std::size_t>(ending->row.seq));
  }

  /// What a lease's change means for its row and for the receipts.
  void list(const LeaseId& id, const LeaseChange& change) {
    HeldLease& lease = memory_.leases.at(id);
    std::vector<char> marks(lease.ended.size(), 0);
    for (std::size_t i = 0; i < marks.size(); ++i) marks[i] = lease.ended[i] ? 'x' : ' ';
    for (const std::size_t place : change.places) marks[place] = 'x';
    std::size_t left = 0;
    for (const char mark : marks) left += mark == ' ' ? 1U : 0U;
    memory_.changing[id].left = left;
    for (const std::size_t place : plain_places_[id]) marks[place] = 'd';
    if (left == 0) {
      shut_.add(id);
      shut_revisions_.add(lease.revision);
    } else {
      parts_.add(id);
      part_revisions_.add(lease.revision);
      part_n_.add(static_cast<std::int64_t>(left));
      ++part_count_;
    }
    for (const HeldLease::Chunk& chunk : lease.chunks) list(id, lease, chunk, marks);
  }

  void list(const LeaseId& id, const HeldLease& lease, const HeldLease::Chunk& chunk,
            const std::vector<char>& marks) {
    const auto n = static_cast<std::size_t>(chunk.n);
    for (std::size_t at = 0; at < n;) {
      const char mark = marks[chunk.place + at];
      std::size_t end = at + 1;
      while (end < n && marks[chunk.place + end] == mark) ++end;
      const Uuid first = after(chunk.first, at);
      const Uuid last = after(chunk.first, end - 1);
      if (mark == 'd') {
        done_leases_.add(id);
        done_kinds_.add(std::string_view(lease.kinds[chunk.kind]));
        done_users_.add(chunk.user);
        done_firsts_.add(first);
        done_lasts_.add(last);
        done_started_.add(to_micros(lease.claimed_at));
      } else if (mark == ' ') {
        part_of_.add(part_count_);
        part_users_.add(chunk.user);
        part_firsts_.add(first);
        part_lasts_.add(last);
        part_attempts_.add(chunk.attempt);
        part_vts_.add(chunk.vt + static_cast<std::int64_t>(at) * chunk.cost);
      }
      at = end;
    }
  }

  Result<void> send() {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(
                                  connection_, close_sql, call_.now, call_.self.id, call_.self.heartbeat_at,
                                  shut_.text(), shut_revisions_.text(), parts_.text(), part_revisions_.text(),
                                  part_of_.text(), part_users_.text(), part_firsts_.text(),
                                  part_lasts_.text(), part_attempts_.text(), part_vts_.text(), part_n_.text(),
                                  done_leases_.text(), done_kinds_.text(), done_users_.text(),
                                  done_firsts_.text(), done_lasts_.text(), done_started_.text()));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return {};
      const auto lease = rows.get<LeaseId>(0);
      closed_.lost = closed_.lost || lease.is_nil();
      fenced_.insert(lease);
    }
  }

  Result<void> write(const JobRow& row, const Progress& progress) {
    return storage::run(connection_,
                        "UPDATE jobs SET progress_done = ?, progress_total = ?, progress_note = ? "
                        "WHERE user_id = ? AND id = ?",
                        progress.done, progress.total, progress.note, row.user, row.job.id);
  }

  Result<void> write_others() {
    std::erase_if(others_, [&](const Ending* ending) {
      const bool lost = fenced_.contains(*ending->row.job.lease_id);
      if (lost && ending->marked_done) ++closed_.summary.done;
      return lost;
    });
    if (others_.empty()) return {};
    OMNICRM_TRY(lock_rows());
    for (const Ending* ending : others_) {
      if (ending->progress) OMNICRM_TRY(write(ending->row, *ending->progress));
      OMNICRM_TRY(write_other(*ending));
    }
    OMNICRM_TRY(resolve(connection_, done_, /*bad=*/false, call_.now));
    return resolve(connection_, fallen_, /*bad=*/true, call_.now);
  }

  /// Of what ends: who was asked to be cancelled, and what a handler's transaction has ended already. Locked,
  /// so that neither changes meanwhile.
  Result<void> lock_rows() {
    ArrayText users;
    ArrayText ids;
    for (const Ending* ending : others_) {
      users.add(ending->row.user);
      ids.add(ending->row.job.id);
    }
    OMNICRM_ASSIGN(
        auto rows,
        storage::Query::run(connection_,
                            "SELECT j.id, coalesce(j.cancel_requested, 0), j.ended IS NOT NULL, j.cost FROM "
                            "unnest(CAST(? AS UUID[]), CAST(? AS UUID[])) AS e (user_id, id) JOIN jobs j ON "
                            "j.user_id = e.user_id AND j.id = e.id FOR NO KEY UPDATE OF j",
                            users.text(), ids.text()));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return {};
      rows_[rows.get<JobId>(0)] = {rows.get<bool>(1), rows.get<bool>(2), rows.get<std::int64_t>(3)};
    }
  }

  Result<void> write_other(const Ending& ending) {
    const auto found = rows_.find(ending.row.job.id);
    if (found == rows_.end()) return {};  // removed meanwhile
    const Row& row = found->second;
    if (ending.how == Ending::How::done || row.ended) {
      ++closed_.summary.done;
      done_.emplace_back(ending.row.user, ending.row.job.id);
      if (row.ended) return {};
      return end(ending.row, "done", nullptr, &ending.result.text);
    }
    if (ending.how == Ending::How::failed) return write_failed(ending, row);
    if (row.cancel_requested) return fall(ending.row, "cancelled", nullptr);
    if (ending.how == Ending::How::snoozed) {
      ++closed_.summary.snoozed;
      return schedule(ending, row, ending.row.job.attempt - 1);
    }
    ++closed_.summary.given_back;
    const Job& job = ending.row.job;
    OMNICRM_ASSIGN(const storage::StatementPtr ready, connection_.prepare_insert("job_ready", ready_columns));
    int at = 0;
    const auto bind = [&](const auto& value) { storage::bind_value(*ready, at++, value); };
    bind(ending.row.user), bind(job.id), bind(job.id), bind(job.virtual_time), bind(job.priority),
        bind(row.cost);
    bind(std::int64_t{1}), bind(job.attempt - 1), bind(job.kind);
    OMNICRM_TRY(ready->step());
    return {};
  }

  struct Row {
    bool cancel_requested = false;
    bool ended = false;
    std::int64_t cost = 1;
  };

  Result<void> write_failed(const Ending& ending, const Row& row) {
    const Job& job = ending.row.job;
    const std::string error = error_json(ending.error);
    OMNICRM_TRY(
        storage::run(connection_,
                     "INSERT INTO job_failures (user_id, job_id, attempt, at, error) VALUES (?, ?, ?, ?, ?) "
                     "ON CONFLICT (user_id, job_id, attempt) DO UPDATE SET at = excluded.at, "
                     "error = excluded.error",
                     ending.row.user, job.id, job.attempt, call_.now, error));
    if (row.cancel_requested) return fall(ending.row, "cancelled", &error);
    ++closed_.summary.failed;
    if (ending.error.retryable && job.attempt < job.max_attempts) return schedule(ending, row, job.attempt);
    ++closed_.summary.dead;
    return fall(ending.row, "dead", &error);
  }

  Result<void> schedule(const Ending& ending, const Row& row, std::int64_t attempt) {
    const Job& job = ending.row.job;
    const Timestamp due = call_.now + ending.delay;
    return storage::run(
        connection_,
        "INSERT INTO job_scheduled (user_id, id, due, priority, cost, attempt, kind, state, vt) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 'scheduled', 0)",
        ending.row.user, job.id, due, job.priority, row.cost, attempt, job.kind);
  }

  Result<void> fall(const JobRow& row, std::string_view state, const std::string* error) {
    fallen_.emplace_back(row.user, row.job.id);
    return end(row, state, error, nullptr);
  }

  Result<void> end(const JobRow& row, std::string_view state, const std::string* error,
                   const std::string* result) {
    const std::optional<std::string> why = error != nullptr ? std::optional(*error) : std::nullopt;
    const std::optional<std::string> what =
        result != nullptr && !result->empty() && *result != "null" ? std::optional(*result) : std::nullopt;
    OMNICRM_TRY(storage::run(connection_,
                             "UPDATE jobs SET ended = ?, ended_at = ?, attempt = ?, started_at = ?, error = "
                             "coalesce(?, error), result = ? WHERE user_id = ? AND id = ?",
                             state, call_.now, row.job.attempt, row.job.started_at, why, what, row.user,
                             row.job.id));
    return release_key(connection_, row.user, row.job, call_.now);
  }

  storage::Connection& connection_;
  WorkerMemory& memory_;
  const RoundCall& call_;
  const RoundOrder& order_;
  Closed closed_;
  std::vector<const Ending*> plain_;
  std::vector<const Ending*> others_;
  std::map<LeaseId, std::vector<std::size_t>> plain_places_;
  std::set<LeaseId> fenced_;
  std::map<JobId, Row> rows_;
  std::vector<std::pair<UserId, JobId>> done_;
  std::vector<std::pair<UserId, JobId>> fallen_;
  std::int64_t part_count_ = 0;
  ArrayText shut_, shut_revisions_, parts_, part_revisions_, part_of_, part_users_, part_firsts_, part_lasts_,
      part_attempts_, part_vts_, part_n_;
  ArrayText done_leases_, done_kinds_, done_users_, done_firsts_, done_lasts_, done_started_;
};

}  // namespace

Result<Closed> close(storage::Connection& connection, WorkerMemory& memory, const RoundCall& call,
                     const RoundOrder& order) {
  return Close(connection, memory, call, order).run();
}

Result<void> settle_open(storage::Connection& connection, WorkerMemory& memory, Timestamp now) {
  for (const auto& [id, change] : memory.changing) {
    OMNICRM_ASSIGN(const auto revision, storage::query_one<std::int64_t>(
                                            connection, "SELECT revision FROM job_leases WHERE id = ?", id));
    HeldLease& lease = memory.leases.at(id);
    if (!revision) {
      memory.leases.erase(id);
    } else if (*revision > lease.revision) {
      lease.revision = *revision;
      lease.left = change.left;
      for (const std::size_t place : change.places) lease.ended[place] = true;
    }
  }
  // Nobody heard of what it claimed.
  for (const auto& [id, lease] : memory.claiming) {
    OMNICRM_ASSIGN(const auto owner, storage::query_one<WorkerId>(
                                         connection, "SELECT worker_id FROM job_leases WHERE id = ?", id));
    if (owner) {
      OMNICRM_TRY(storage::query_one<std::int64_t>(connection, "SELECT job_recover(?, ?, 0, ?, NULL)", now,
                                                   *owner, id));
    }
  }
  memory.changing.clear();
  memory.claiming.clear();
  memory.is_open = false;
  return {};
}

Result<bool> complete(storage::Connection& connection, const JobRow& row, const Json& result, Timestamp now) {
  // The row first: then nobody else can end the job between the look at its lease and the write.
  OMNICRM_ASSIGN(const auto there, storage::query_one<std::int64_t>(
                                       connection,
                                       "SELECT 1 FROM jobs WHERE user_id = ? AND id = ? AND ended IS NULL "
                                       "FOR NO KEY UPDATE",
                                       row.user, row.job.id));
  if (!there) return false;
  OMNICRM_ASSIGN(const auto held, storage::query_one<bool>(connection, "SELECT omnicrm_job_held(?, ?, ?)",
                                                           row.job.lease_id, row.user, row.job.id));
  if (!held.value_or(false)) return false;
  OMNICRM_TRY(
      storage::run(connection,
                   "UPDATE jobs SET ended = 'done', ended_at = ?, attempt = ?, started_at = ?, result = ? "
                   "WHERE user_id = ? AND id = ?",
                   now, row.job.attempt, row.job.started_at, result, row.user, row.job.id));
  OMNICRM_TRY(release_key(connection, row.user, row.job, now));
  return true;
}

Result<void> resolve(storage::Connection& connection, std::span<const std::pair<UserId, JobId>> ended,
                     bool bad, Timestamp now) {
  if (ended.empty()) return {};
  ArrayText users;
  ArrayText ids;
  for (const auto& [user, id] : ended) {
    users.add(user);
    ids.add(id);
  }
  OMNICRM_TRY(storage::query_one<std::int64_t>(connection, "SELECT omnicrm_job_resolve(?1, ?2, ?3, ?3, ?4)",
                                               now, users.text(), ids.text(), std::int64_t{bad ? 1 : 0}));
  return {};
}

}  // namespace omnicrm::jobs::postgres
