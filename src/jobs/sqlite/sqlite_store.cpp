// The queue on SQLite: a job's row carries its state; there is one writer.
#include <utility>

#include "core/errors.hpp"
#include "jobs/sqlite/changes.hpp"
#include "jobs/sqlite/claim_jobs.hpp"
#include "jobs/sqlite/endings.hpp"
#include "jobs/sqlite/insert.hpp"
#include "jobs/sqlite/pauses.hpp"
#include "jobs/sqlite/retention.hpp"
#include "jobs/sqlite/rows.hpp"
#include "jobs/sqlite/views.hpp"
#include "jobs/sqlite/workers.hpp"
#include "jobs/store.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

// A cross join keeps its order: from the few leases to their jobs.
constexpr char select_cancels[] =
    "SELECT j.id FROM job_leases AS l CROSS JOIN jobs AS j ON j.lease_id = l.id AND j.state = 'running' "
    "WHERE l.worker_id = ? AND j.cancel_requested = 1";

class SqliteStore final : public JobStore {
 public:
  Result<std::vector<JobId>> enqueue(storage::Connection& connection, const StoreTools& tools, UserId user,
                                     std::span<const NewJob> jobs) override {
    return sqlite::insert_jobs(connection, tools, user, jobs);
  }
  Result<Job> get(storage::Connection& connection, UserId user, JobId id) override {
    OMNICRM_ASSIGN(JobRow row, sqlite::find(connection, user, id));
    return std::move(row.job);
  }
  Result<Page<Job>> list(storage::Connection& connection, UserId user, const JobFilter& filter,
                         std::int64_t limit, const std::optional<ListStart>& after) override {
    return sqlite::list_jobs(connection, user, filter, limit, after);
  }
  Result<std::vector<JobFailure>> failures(storage::Connection& connection, UserId user, JobId id) override {
    return sqlite::failures(connection, user, id);
  }
  Result<std::vector<KindStats>> stats(storage::Connection& connection, std::optional<UserId> user) override {
    return sqlite::kind_stats(connection, user);
  }
  Result<Job> cancel(storage::Connection& connection, UserId user, JobId id, Timestamp now) override {
    OMNICRM_TRY(sqlite::cancel(connection, user, id, now));
    return get(connection, user, id);
  }
  Result<Job> retry(storage::Connection& connection, UserId user, JobId id, Timestamp now) override {
    OMNICRM_TRY(sqlite::retry(connection, user, id, now));
    return get(connection, user, id);
  }
  Result<void> remove(storage::Connection& connection, UserId user, JobId id) override {
    return sqlite::remove(connection, user, id);
  }
  Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                    Timestamp now) override {
    return sqlite::cancel_batch(connection, user, batch, now);
  }
  Result<void> pause(storage::Connection& connection, std::optional<UserId> user, std::string_view kind,
                     Timestamp now) override {
    return sqlite::pause(connection, user, kind, now);
  }
  Result<void> resume(storage::Connection& connection, std::optional<UserId> user, std::string_view kind,
                      Timestamp /*now*/) override {
    return sqlite::resume(connection, user, kind);
  }
  Result<bool> complete(storage::Connection& connection, const JobRow& row, const Json& result,
                        Timestamp now) override {
    return sqlite::complete(connection, row, result, now);
  }

  Result<RoundResult> round(storage::Connection& connection, const RoundCall& call,
                            const RoundOrder& order) override {
    RoundResult result;
    Worker self = call.self;
    bool alive = false;
    if (call.registered) {
      OMNICRM_ASSIGN(alive, sqlite::beat(connection, self.id, self.heartbeat_at));
      result.lost = !alive;
      if (!alive) self = call.reborn;
    }
    if (!alive) OMNICRM_TRY(sqlite::register_worker(connection, self));
    for (const auto& [row, progress] : order.progress)
      OMNICRM_TRY(sqlite::write_progress(connection, row, progress));
    OMNICRM_ASSIGN(result.summary, sqlite::write_endings(connection, order.endings, call.now));
    if (order.recover) OMNICRM_TRY(recover(connection, call, self.id, result));
    if (order.shares.empty()) return result;
    OMNICRM_TRY(sqlite::promote_due(connection, call.now));
    OMNICRM_ASSIGN(result.claim, sqlite::claim_jobs(connection, call, self.id, order));
    return result;
  }

  void committed(const RoundCall& /*call*/, const RoundOrder& /*order*/,
                 const RoundResult& /*result*/) override {}

  Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp heartbeat) override {
    return sqlite::beat(connection, worker, heartbeat);
  }
  Result<Glance> look(storage::Connection& connection, const RoundCall& call,
                      const std::string& kinds) override {
    OMNICRM_ASSIGN(Glance glance, sqlite::glance_at(connection, kinds, call.now));
    OMNICRM_ASSIGN(const auto dead, sqlite::dead_workers(connection, call));
    glance.dead = !dead.empty();
    return glance;
  }
  Result<std::vector<JobId>> cancels(storage::Connection& connection, WorkerId worker) override {
    std::vector<JobId> jobs;
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, select_cancels, worker));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return jobs;
      jobs.push_back(rows.get<JobId>(0));
    }
  }
  Result<void> retire(storage::Connection& connection, WorkerId worker) override {
    return sqlite::retire(connection, worker);
  }
  Result<void> promote(storage::Connection& connection, Timestamp now) override {
    return sqlite::promote_due(connection, now);
  }
  Result<std::int64_t> retain(storage::Connection& connection, std::span<const Retention> orders,
                              std::int64_t limit) override {
    return sqlite::retain(connection, orders, limit);
  }

 private:
  static Result<void> recover(storage::Connection& connection, const RoundCall& call, WorkerId self,
                              RoundResult& result) {
    RoundCall judge = call;
    judge.self.id = self;
    OMNICRM_ASSIGN(const auto dead, sqlite::dead_workers(connection, judge));
    for (const Worker& worker : dead) {
      OMNICRM_ASSIGN(const std::int64_t taken, sqlite::recover(connection, worker, call.now));
      result.recovered += taken;
    }
    return {};
  }
};

}  // namespace

std::shared_ptr<JobStore> make_sqlite_store() {
  return std::make_shared<SqliteStore>();
}

}  // namespace omnicrm::jobs
