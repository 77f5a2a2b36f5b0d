// Where jobs live: the one seam between the queue's faces and engine, and each dialect's tables.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/jobs/queue.hpp>
#include <omnicrm/jobs/runner.hpp>
#include <omnicrm/storage/storage.hpp>

#include "core/id_generator.hpp"
#include "jobs/claim.hpp"
#include "jobs/ending.hpp"
#include "jobs/job_row.hpp"
#include "jobs/lease.hpp"

namespace omnicrm::jobs {

/// What a call works with. The clock and the generator outlive the call.
struct StoreTools {
  Clock& clock;
  IdGenerator& ids;
};

/// Where a page of jobs starts: after this job.
struct ListStart {
  Timestamp created_at{};
  JobId id;
};

/// What a round should write.
struct RoundOrder {
  std::span<const Ending> endings;
  std::vector<std::pair<JobRow, Progress>> progress;
  std::vector<KindShare> shares;  ///< empty: claim nothing
  std::size_t restarts = 0;
  bool recover = false;  ///< look for dead workers
  /// Added to the heartbeat: for a worker that cannot beat while its handler runs.
  std::chrono::milliseconds ahead{0};
};

struct RoundResult {
  RunSummary summary;
  Claim claim;
  /// Others declared this worker dead: what it held before this round is not its own any more.
  bool lost = false;
  std::int64_t recovered = 0;
};

/// In whose name, and by which rules, a round is written.
struct RoundCall {
  Worker self;              ///< its heartbeat is what is to be written
  bool registered = false;  ///< false: its row is to be made
  Worker reborn;            ///< who it is from now on if `self` was declared dead
  LeaseId lease;            ///< of what is claimed
  Timestamp now{};
  std::chrono::milliseconds lease_time{0};  ///< workers with an older heartbeat are dead
  bool judge_by_age = true;                 ///< false: only those whose process has provably ended
};

/// What there is for a worker that holds nothing.
struct Glance {
  bool ready = false;                 ///< of kinds that are not paused
  bool running = false;               ///< by others
  std::optional<Timestamp> next_due;  ///< of the scheduled ones
  bool dead = false;                  ///< a worker is to be recovered
};

/// Which ended jobs go, of one kind.
struct Retention {
  std::string kind;         ///< empty: every kind
  Timestamp done_before{};  ///< `done` and `cancelled` ones that ended before this
  Timestamp dead_before{};
};

/// One storage's jobs in its dialect's shape. Each call works within the caller's transaction; the user's
/// side of the calls within that user's, the worker's side within the library's own (`Scope` without a user).
/// Keeps caches only (what stands in the tables decides), and is thread-safe. One for all queues and runners
/// of a storage in a process: `Wakeup::store`.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // A user's side -----------------------------------------------------------------------------------------

  /// Writes checked jobs (jobs/enqueue.hpp). Ids in the order given; of a job whose unique key is taken,
  /// those of the one that has it. Errors: `not_found` names `jobs[i].after_jobs[j]`.
  virtual Result<std::vector<JobId>> enqueue(storage::Connection& connection, const StoreTools& tools,
                                             UserId user, std::span<const NewJob> jobs) = 0;
  /// Errors: `not_found`.
  virtual Result<Job> get(storage::Connection& connection, UserId user, JobId id) = 0;
  /// Newest first.
  virtual Result<Page<Job>> list(storage::Connection& connection, UserId user, const JobFilter& filter,
                                 std::int64_t limit, const std::optional<ListStart>& after) = 0;
  virtual Result<std::vector<JobFailure>> failures(storage::Connection& connection, UserId user,
                                                   JobId id) = 0;
  /// Without a user: of all users, within the library's own transaction.
  virtual Result<std::vector<KindStats>> stats(storage::Connection& connection,
                                               std::optional<UserId> user) = 0;
  /// The job as it is then: `running` says that its worker must be told.
  virtual Result<Job> cancel(storage::Connection& connection, UserId user, JobId id, Timestamp now) = 0;
  /// A dead or cancelled one becomes ready. Errors: `failed_precondition`, `not_found`.
  virtual Result<Job> retry(storage::Connection& connection, UserId user, JobId id, Timestamp now) = 0;
  /// An ended one. Errors: `failed_precondition`, `not_found`.
  virtual Result<void> remove(storage::Connection& connection, UserId user, JobId id) = 0;
  virtual Result<std::int64_t> cancel_batch(storage::Connection& connection, UserId user, BatchId batch,
                                            Timestamp now) = 0;
  /// Without a user: for all users, within the library's own transaction.
  virtual Result<void> pause(storage::Connection& connection, std::optional<UserId> user,
                             std::string_view kind, Timestamp now) = 0;
  virtual Result<void> resume(storage::Connection& connection, std::optional<UserId> user,
                              std::string_view kind, Timestamp now) = 0;
  /// Within the handler's transaction, whoever's it is. False: the lease was lost, nothing was written.
  virtual Result<bool> complete(storage::Connection& connection, const JobRow& row, const Json& result,
                                Timestamp now) = 0;

  // A worker's side ---------------------------------------------------------------------------------------

  /// Beats, writes progress and endings, recovers the dead, promotes and claims: all of a round in one
  /// transaction, on PostgreSQL in one round trip (but for the rare parts).
  virtual Result<RoundResult> round(storage::Connection& connection, const RoundCall& call,
                                    const RoundOrder& order) = 0;
  /// The round's transaction was committed, with this result.
  virtual void committed(const RoundCall& call, const RoundOrder& order, const RoundResult& result) = 0;
  /// Only the heartbeat: for a thread that does nothing else. False: the worker was declared dead.
  virtual Result<bool> beat(storage::Connection& connection, WorkerId worker, Timestamp heartbeat) = 0;
  /// Of jobs of these kinds (a JSON array). `call.self` may be unregistered.
  virtual Result<Glance> look(storage::Connection& connection, const RoundCall& call,
                              const std::string& kinds) = 0;
  /// Jobs this worker holds and somebody wants cancelled.
  virtual Result<std::vector<JobId>> cancels(storage::Connection& connection, WorkerId worker) = 0;
  /// The worker ended in order. Its row stays if it holds something.
  virtual Result<void> retire(storage::Connection& connection, WorkerId worker) = 0;
  /// Makes due jobs ready without a claim, some hundreds in one call.
  virtual Result<void> promote(storage::Connection& connection, Timestamp now) = 0;
  /// Removes ended jobs, about `limit` at the most; gives their number: 0 when nothing is left to remove.
  virtual Result<std::int64_t> retain(storage::Connection& connection, std::span<const Retention> orders,
                                      std::int64_t limit) = 0;
};

[[nodiscard]] std::shared_ptr<JobStore> make_sqlite_store();
[[nodiscard]] std::shared_ptr<JobStore> make_postgres_store();
[[nodiscard]] std::shared_ptr<JobStore> make_store(storage::Dialect dialect);

}  // namespace omnicrm::jobs
