// The queue on PostgreSQL: docs/adr/0015-skinny-ready-table.md.
#include <utility>

#include "core/errors.hpp"
#include "jobs/postgres/pg_claim.hpp"
#include "jobs/postgres/pg_close.hpp"
#include "jobs/postgres/pg_enqueue.hpp"
#include "jobs/postgres/pg_memory.hpp"
#include "jobs/postgres/pg_queue.hpp"
#include "jobs/postgres/pg_workers.hpp"
#include "jobs/store.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs::postgres {
namespace {

// Lines with something in them that is not paused; of them, those that no limit of all machines blocks.
constexpr char look_sql[] =
    "WITH lines AS ("
    "  SELECT q.blocked_until, coalesce(q.blocked_until, 0) > ?2 AS is_blocked, coalesce(q.max_global, 0) > "
    "0 AND "
    "    (SELECT coalesce(sum(g.n), 0) FROM job_leases g WHERE g.kind = l.kind) >= q.max_global AS is_full "
    "  FROM job_lines l LEFT JOIN job_rates q ON q.kind = l.kind "
    "  WHERE l.kind = ANY (CAST(?1 AS TEXT[])) AND NOT EXISTS (SELECT 1 FROM job_pauses p "
    "    WHERE p.user_id = '00000000-0000-0000-0000-000000000000' AND p.kind = l.kind) AND "
    "    (EXISTS (SELECT 1 FROM job_ready r WHERE r.kind = l.kind AND r.priority = l.priority AND r.attempt "
    "= 0) OR "
    "     EXISTS (SELECT 1 FROM job_ready r WHERE r.kind = l.kind AND r.priority = l.priority AND r.attempt "
    "> 0))) "
    "SELECT EXISTS (SELECT 1 FROM lines WHERE NOT is_blocked AND NOT is_full), "
    "EXISTS (SELECT 1 FROM job_leases l, unnest(l.users, l.firsts, l.lasts) AS u (user_id, first, last) "
    "  JOIN jobs j ON j.user_id = u.user_id AND j.id BETWEEN u.first AND u.last "
    "  WHERE j.kind = ANY (CAST(?1 AS TEXT[]))), "
    "least((SELECT min(blocked_until) FROM lines WHERE is_blocked), "
    "  (SELECT s.due FROM job_scheduled s WHERE s.due IS NOT NULL AND s.kind = ANY (CAST(?1 AS TEXT[])) "
    "   ORDER BY s.due LIMIT 1))";

/// Claims pass over what others have locked and see what others have committed. Before anything is read.
Result<void> read_committed(storage::Connection& connection) {
  return connection.execute("SET LOCAL transaction_isolation = 'read committed'");
}

class PgStore final : public JobStore {
 public:
  Result<std::vector<JobId>> enqueue(storage::Connection& connection, const StoreTools& tools, UserId user,
                                     std::span<const NewJob> jobs) override {
    return insert_jobs(connection, bounds_, tools, user, jobs);
  }
  Result<Job> get(storage::Connection& connection, UserId user, JobId id) override {
    return postgres::get(connection, user, id);
  }
  Result<Page<Job>> list(storage::Connection& connection, UserId user, const JobFilter& filter,
                         std::int64_t limit, const std::optional<ListStart>& after) override {
    return postgres::list(connection, user, filter, limit, after);
  }
  Result<std::vector<JobFailure>> failures(storage::Connection& connection, UserId user, JobId id) override {
    return postgres::failures(connection, user, id);
  }
  Result<std::vector<KindStats>> stats(storage::Connection& connection, std::optional<UserId> user) override {
    return postgres::stats(connection, user);
  }
  Result<Job> cancel(storage::Connection& connection, UserId user, JobId id, Timestamp now) override {
    return postgres::cancel(connection, user, id, now);
  }
  Result<Job> retry(storage::Connection& connection, UserId user, JobId id, Timestamp now) override {
    return postgres::retry(connection, bounds_, user, id, now);
  }
  Result<void> remove(storage::Connection& connection, UserId user, JobId id) override {
    return postgres::remove(connection, user, id);
  }
  Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                    Timestamp now) override {
    return postgres::cancel_batch(connection, user, batch, now);
  }
  Result<void> pause(storage::Connection& connection, std::optional<UserId> user, std::string_view kind,
                     Timestamp now) override {
    return postgres::pause(connection, user, kind, now);
  }
  Result<void> resume(storage::Connection& connection, std::optional<UserId> user, std::string_view kind,
                      Timestamp now) override {
    return postgres::resume(connection, user, kind, now);
  }
  Result<bool> complete(storage::Connection& connection, const JobRow& row, const Json& result,
                        Timestamp now) override {
    return postgres::complete(connection, row, result, now);
  }

  Result<RoundResult> round(storage::Connection& connection, const RoundCall& call,
                            const RoundOrder& order) override {
    OMNICRM_TRY(read_committed(connection));
    auto memory = memories_.of(call.self.id);
    if (memory->is_open) OMNICRM_TRY(settle_open(connection, *memory, call.now));
    memory->is_open = true;
    RoundResult result;
    WorkerId self = call.self.id;
    if (call.registered) {
      OMNICRM_ASSIGN(const Closed closed, close(connection, *memory, call, order));
      result.summary = closed.summary;
      result.lost = closed.lost;
    } else {
      OMNICRM_TRY(register_worker(connection, call.self));
    }
    if (result.lost) {
      OMNICRM_TRY(register_worker(connection, call.reborn));
      self = call.reborn.id;
      memory = memories_.of(self);
      memory->is_open = true;
    }
    if (order.recover) OMNICRM_TRY(recover(connection, *memory, call, self, result));
    if (order.shares.empty()) return result;
    OMNICRM_TRY(promote(connection, call.now));
    OMNICRM_ASSIGN(result.claim, claim(connection, *memory, kinds_, bounds_, call, self, order));
    return result;
  }

  void committed(const RoundCall& call, const RoundOrder& /*order*/, const RoundResult& result) override {
    if (result.lost) memories_.forget(call.self.id);
    const auto memory = memories_.of(result.lost ? call.reborn.id : call.self.id);
    for (const auto& [id, change] : memory->changing) {
      const auto held = memory->leases.find(id);
      if (change.left == 0) {
        memory->leases.erase(held);
        continue;
      }
      held->second.left = change.left;
      ++held->second.revision;
      for (const std::size_t place : change.places) held->second.ended[place] = true;
    }
    memory->leases.merge(memory->claiming);
    memory->changing.clear();
    memory->claiming.clear();
    memory->is_open = false;
  }

  Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp heartbeat) override {
    return postgres::beat(connection, worker, heartbeat);
  }

  Result<Glance> look(storage::Connection& connection, const RoundCall& call,
                      const std::string& kinds) override {
    Glance glance;
    const std::string list = kinds_.of(kinds);
    {
      OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, look_sql, list, call.now));
      OMNICRM_TRY(rows.next());
      glance.ready = rows.get<bool>(0);
      glance.running = rows.get<bool>(1);
      glance.next_due = rows.get<std::optional<Timestamp>>(2);
    }
    OMNICRM_ASSIGN(const auto dead, dead_workers(connection, call, call.self.id));
    glance.dead = !dead.empty();
    return glance;
  }

  Result<std::vector<JobId>> cancels(storage::Connection& connection, WorkerId worker) override {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(
                                  connection, "SELECT job_id FROM job_cancels WHERE worker_id = ?", worker));
    std::vector<JobId> jobs;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return jobs;
      jobs.push_back(rows.get<JobId>(0));
    }
  }

  Result<void> retire(storage::Connection& connection, WorkerId worker) override {
    OMNICRM_TRY(read_committed(connection));
    const auto memory = memories_.of(worker);
    if (memory->leases.empty()) {
      OMNICRM_TRY(take_strays(connection, *memory, worker, from_micros(0)));
      memories_.forget(worker);
    }
    return postgres::retire(connection, worker);
  }

  Result<void> promote(storage::Connection& connection, Timestamp now) override {
    OMNICRM_TRY(storage::query_one<std::int64_t>(connection, "SELECT job_promote(?)", now));
    return {};
  }

  Result<std::int64_t> retain(storage::Connection& connection, std::span<const Retention> orders,
                              std::int64_t limit) override {
    OMNICRM_TRY(read_committed(connection));
    std::int64_t removed = 0;
    for (const Retention& order : orders) {
      if (removed >= limit) break;
      const std::optional<std::string> kind = order.kind.empty() ? std::nullopt : std::optional(order.kind);
      OMNICRM_ASSIGN(const auto count,
                     storage::query_one<std::int64_t>(connection, "SELECT job_retain(?, ?, ?, ?)", kind,
                                                      order.done_before, order.dead_before, limit - removed));
      removed += count.value_or(0);
    }
    return removed;
  }

 private:
  Result<void> recover(storage::Connection& connection, const WorkerMemory& memory, const RoundCall& call,
                       WorkerId self, RoundResult& result) {
    OMNICRM_ASSIGN(const auto dead, dead_workers(connection, call, self));
    for (const Worker& worker : dead) {
      OMNICRM_ASSIGN(const std::int64_t taken, postgres::recover(connection, worker, call.now));
      result.recovered += taken;
    }
    OMNICRM_ASSIGN(const std::int64_t strays, take_strays(connection, memory, self, call.now));
    result.recovered += strays;
    return {};
  }

  LineBounds bounds_;
  KindLists kinds_;
  Memories memories_;
};

}  // namespace
}  // namespace omnicrm::jobs::postgres

namespace omnicrm::jobs {

std::shared_ptr<JobStore> make_postgres_store() {
  return std::make_shared<postgres::PgStore>();
}

}  // namespace omnicrm::jobs
