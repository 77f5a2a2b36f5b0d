// Many callers' single jobs in one commit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "jobs/store.hpp"

namespace omnicrm::jobs {

/// Group commit for enqueues: while a leader's transaction is on its way to the disk, the calls that come
/// meanwhile gather, and one of them writes all of them in the next one. Each caller is answered after the
/// commit, with its own ids or its own error: when a group fails, its calls are written one by one. Nobody
/// waits for others to come: a call that finds no leader leads at once.
///
/// SQLite's storage does the same below (ADR 3), so there each call is a write of its own. On PostgreSQL the
/// group is written as the library itself if the process has a role for it (`PostgresOptions::admin_url`, or
/// one that is both), else user by user. Thread-safe. One for a storage and process: `Wakeup::coalescer`.
///
/// `Jobs::enqueue` calls `enqueue` in place of `Storage::write`:
///
///     OMNICRM_ASSIGN(auto made, wakeup_->coalescer().enqueue(*storage_, store(), {*clock_, *ids_}, scope(),
///                                                            jobs));
///
class Coalescer {
 public:
  /// `scope.user` is whose jobs they are; they were checked. Errors: those of `JobStore::enqueue` and of
  /// `Storage::write`.
  [[nodiscard]] Result<std::vector<JobId>> enqueue(storage::Storage& storage, JobStore& store,
                                                   const StoreTools& tools, const storage::Scope& scope,
                                                   std::span<const NewJob> jobs);

 private:
  /// A caller's, on its stack.
  struct Request {
    UserId user;
    storage::WritePosition* written = nullptr;
    std::span<const NewJob> jobs;
    Result<std::vector<JobId>> result;
    bool is_done = false;
  };
  struct Place {
    storage::Storage& storage;
    JobStore& store;
    const StoreTools& tools;
  };
  using Group = std::vector<Request*>;

  [[nodiscard]] Result<std::vector<JobId>> alone(const Place& place, const storage::Scope& scope,
                                                 std::span<const NewJob> jobs) const;
  void write(const Place& place, Group& group);
  void write_as_library(const Place& place, Group& group) const;
  void write_by_user(const Place& place, Group& group) const;
  Result<void> write_group(const Place& place, std::optional<UserId> user, Group& group) const;
  void write_singly(const Place& place, Group& group) const;
  [[nodiscard]] bool may_write_for_all(const Place& place);

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Group waiting_;
  std::size_t leaders_ = 0;
  std::optional<bool> for_all_;
};

}  // namespace omnicrm::jobs
