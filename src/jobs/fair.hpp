// Fair turns: start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM 1996).
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs {

/// Gives jobs their virtual start when they become ready, within one transaction:
///
///     S = max(v, F[user])    F[user] = S + cost
///
/// v, the system's virtual time, is the start of the next job in the line (of the same priority: lines of
/// different priority do not compete), or, when the line is empty, of the last job claimed. So a user with
/// 100,000 waiting jobs delays nobody: a newcomer starts at v. One thread at a time.
class FairClock {
 public:
  explicit FairClock(storage::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Result<std::int64_t> start(UserId user, std::int64_t priority, std::int64_t cost);
  /// Writes the users' clocks back: one row a user, however many jobs.
  [[nodiscard]] Result<void> save();

 private:
  Result<std::int64_t> now(std::int64_t priority);
  Result<std::int64_t> finish_of(UserId user);

  storage::Connection& connection_;
  std::map<std::int64_t, std::int64_t> now_;         // by priority
  std::unordered_map<UserId, std::int64_t> finish_;  // by user
};

/// Says that a job with this virtual start was claimed: v never goes back.
[[nodiscard]] Result<void> pass(storage::Connection& connection, std::int64_t virtual_start);

}  // namespace omnicrm::jobs
