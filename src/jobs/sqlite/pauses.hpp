// Kinds that do not start for now: of one user, or of all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::jobs::sqlite {

/// Of all users when there is no user. What is paused, or resumed, already stays so.
[[nodiscard]] Result<void> pause(storage::Connection& connection, std::optional<UserId> user,
                                 std::string_view kind, Timestamp now);
/// What waited takes up the line where it is now, in its old order: the pause neither puts it ahead of the
/// others' jobs nor behind them.
[[nodiscard]] Result<void> resume(storage::Connection& connection, std::optional<UserId> user,
                                  std::string_view kind);

/// What a claim asks of the pauses. One transaction, one thread.
///
/// A kind that is paused for all is left out whole. Jobs of a user's pause stand among the others' in the
/// line: the claim that meets one parks it, outside of the line's index. So each is walked over once, and
/// nobody but `resume` has to know.
class Pauses {
 public:
  explicit Pauses(storage::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Result<void> read();
  [[nodiscard]] bool for_all(std::string_view kind) const;
  [[nodiscard]] Result<bool> of_user(UserId user, const std::string& kind);
  [[nodiscard]] Result<void> park(std::int64_t seq);

 private:
  storage::Connection& connection_;
  std::vector<std::string> for_all_;
  bool any_of_users_ = false;
  std::map<std::pair<UserId, std::string>, bool> known_;
};

}  // namespace omnicrm::jobs::sqlite
