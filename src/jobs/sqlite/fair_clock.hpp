// Fair turns: start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM 1996).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs::sqlite {

/// Gives jobs their virtual start when they become ready, within one transaction:
///
///     S = max(v, F[user, line])    F[user, line] = S + cost
///
/// A line is a kind at a priority. v, the line's virtual time, is the start of its next job; of an empty
/// line, the last start that was claimed at that priority. A line that may not run for a while (paused, full)
/// keeps its own v, so a newcomer of it is next in it whatever the others did meanwhile. So a user with
/// 100,000 waiting jobs delays nobody. One thread at a time.
class FairClock {
 public:
  explicit FairClock(storage::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Result<std::int64_t> start(UserId user, const std::string& kind, std::int64_t priority,
                                           std::int64_t cost);
  /// v of a line.
  [[nodiscard]] Result<std::int64_t> now(const std::string& kind, std::int64_t priority);
  /// Where the priority's claims are.
  [[nodiscard]] Result<std::int64_t> passed(std::int64_t priority);
  /// Writes the users' clocks back: one row a user and line, however many jobs.
  [[nodiscard]] Result<void> save();

 private:
  using Line = std::tuple<std::string, std::int64_t>;

  struct Turn {
    std::int64_t now = 0;
    std::map<UserId, std::int64_t> finish;
  };
  Result<Turn*> turn_of(const std::string& kind, std::int64_t priority);

  storage::Connection& connection_;
  std::map<Line, Turn> turns_;
  std::pair<const Line, Turn>* last_ = nullptr;  // most calls are about one line
};

/// Says that a job with this virtual start was claimed: the priority's time never goes back.
[[nodiscard]] Result<void> pass(storage::Connection& connection, std::int64_t priority,
                                std::int64_t virtual_start);

}  // namespace omnicrm::jobs::sqlite
