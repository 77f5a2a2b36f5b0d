// What one process runs at once: per kind, and per kind and user.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/claim.hpp"
#include "jobs/kinds.hpp"

namespace omnicrm::jobs {

/// Counts the jobs of kinds with a limit (`KindOptions`) that the process holds, says how many more to claim,
/// and keeps those that must wait for another one of their user (parked): so no thread waits for them. One
/// user has a few parked ones at the most; what comes beyond goes back to the queue for a moment, so that
/// others' jobs come by. Not thread-safe: the engine's mutex guards it.
class Limits {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Limits(const Kinds& kinds, std::size_t threads);

  /// Any kind has a limit; else nothing here needs to be called but `shares`.
  [[nodiscard]] bool any() const noexcept { return !limited_.empty(); }
  [[nodiscard]] bool is_limited(std::string_view kind) const { return limited_.contains(kind); }
  /// An ended job of such a kind makes room for one that was not claimed.
  [[nodiscard]] bool any_claim_limit() const noexcept { return any_claim_limit_; }

  /// What to claim, `limit` jobs of each share at the most.
  [[nodiscard]] std::vector<KindShare> shares(std::size_t limit, Time now) const;
  [[nodiscard]] bool has_share(Time now) const;
  /// When a kind that `shares` leaves out for a moment is asked for again.
  [[nodiscard]] std::optional<Time> next_share(Time now) const;

  // Rows of limited kinds only:
  /// Claimed. False: the user has enough of them here; it goes back for a moment and is not counted.
  [[nodiscard]] bool accept(const JobRow& row);
  /// After the rows of a claim: kinds of which it brought nothing but more of the same users' rest a moment.
  void claimed(Time now);
  /// Taken out of the local queue to start, or thrown out of it.
  void leave_queue(const JobRow& row);
  /// Whether it may start now, and then counts as running; the row is kept when not.
  [[nodiscard]] bool admit(JobRow& row);
  /// One that was admitted has ended. Gives those that are admitted in its place.
  [[nodiscard]] std::vector<JobRow> ended(std::string_view kind, UserId user);
  [[nodiscard]] std::optional<JobRow> take_parked(JobId id);
  [[nodiscard]] std::vector<JobRow> take_all_parked();
  [[nodiscard]] std::size_t parked() const noexcept { return parked_; }

 private:
  struct User {
    std::size_t running = 0;
    std::deque<JobRow> parked;
  };
  struct Kind {
    KindOptions options;
    std::string json;
    std::size_t queued = 0;
    std::size_t running = 0;
    std::size_t parked = 0;
    std::size_t accepted = 0;  // of this claim
    std::size_t refused = 0;
    std::map<UserId, User> users;
    Time rest_until{};
  };

  [[nodiscard]] std::size_t room(const Kind& kind, std::size_t limit, Time now) const;
  [[nodiscard]] static bool may_run(const Kind& kind, const User& user);
  static void start(Kind& kind, User& user);
  void release(Kind& kind, std::vector<JobRow>& rows);

  std::string unlimited_;  // as JSON; empty: there is none
  std::map<std::string, Kind, std::less<>> limited_;
  bool any_claim_limit_ = false;
  std::size_t threads_;
  std::size_t parked_ = 0;
};

}  // namespace omnicrm::jobs
