#include "jobs/coalescer.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

// Two: while one waits for the disk the other's statements run.
constexpr std::size_t most_leaders = 2;
constexpr std::size_t largest_group = 500;
// What is worth sharing a commit: more jobs than that pay for their own.
constexpr std::size_t largest_call = 16;

/// The role that the library works as passes the users' policies.
constexpr char may_sql[] = "SELECT CAST(pg_has_role(current_user, 'omnicrm_admin', 'USAGE') AS integer)";

void raise(storage::WritePosition& position, std::uint64_t value) {
  std::uint64_t before = position.value;
  while (before < value && !position.value.compare_exchange_weak(before, value)) {
  }
}

}  // namespace

Result<std::vector<JobId>> Coalescer::enqueue(storage::Storage& storage, JobStore& store,
                                              const StoreTools& tools, const storage::Scope& scope,
                                              std::span<const NewJob> jobs) {
  const Place place{storage, store, tools};
  const bool shares = storage.dialect() == storage::Dialect::postgres && jobs.size() <= largest_call &&
                      !scope.stop.stop_possible() && scope.user;
  if (!shares) return alone(place, scope, jobs);
  Request mine{*scope.user, scope.written, jobs, {}, false};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  changed_.wait(lock, [&] {
    return mine.is_done || (leaders_ < most_leaders && std::ranges::find(waiting_, &mine) != waiting_.end());
  });
  if (mine.is_done) return std::move(mine.result);
  ++leaders_;
  // The one who leads is among them: a call waits for one other group at the most.
  Group group;
  std::erase(waiting_, &mine);
  group.push_back(&mine);
  const std::size_t others = std::min(waiting_.size(), largest_group - 1);
  group.insert(group.end(), waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(others));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(others));
  lock.unlock();
  write(place, group);
  lock.lock();
  --leaders_;
  for (Request* request : group) request->is_done = true;
  lock.unlock();
  changed_.notify_all();
  return std::move(mine.result);
}

Result<std::vector<JobId>> Coalescer::alone(const Place& place, const storage::Scope& scope,
                                            std::span<const NewJob> jobs) const {
  std::vector<JobId> made;
  OMNICRM_TRY(place.storage.write(scope, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(made, place.store.enqueue(connection, place.tools, *scope.user, jobs));
    return {};
  }));
  return made;
}

void Coalescer::write(const Place& place, Group& group) {
  if (group.size() == 1) {
    write_singly(place, group);
  } else if (may_write_for_all(place)) {
    write_as_library(place, group);
  } else {
    write_by_user(place, group);
  }
}

void Coalescer::write_as_library(const Place& place, Group& group) const {
  // One call of the store for each user, however many threads work for that one; in one order, so that two
  // groups never wait for each other's clocks.
  std::ranges::stable_sort(group, {}, [](const Request* request) { return request->user; });
  if (!write_group(place, std::nullopt, group)) write_singly(place, group);
}

void Coalescer::write_by_user(const Place& place, Group& group) const {
  std::ranges::stable_sort(group, {}, [](const Request* request) { return request->user; });
  for (auto begin = group.begin(); begin != group.end();) {
    const auto end =
        std::find_if(begin, group.end(), [&](const Request* other) { return other->user != (*begin)->user; });
    Group part(begin, end);
    if (!write_group(place, (*begin)->user, part)) write_singly(place, part);
    begin = end;
  }
}

/// All of a sorted group in one transaction, or nothing.
Result<void> Coalescer::write_group(const Place& place, std::optional<UserId> user, Group& group) const {
  std::vector<std::vector<JobId>> made(group.size());
  storage::WritePosition written;
  OMNICRM_TRY(place.storage.write(
      {.user = user, .stop = {}, .written = &written}, [&](storage::Connection& connection) -> Result<void> {
        for (std::size_t begin = 0, end = 0; begin < group.size(); begin = end) {
          std::vector<NewJob> jobs;
          for (end = begin; end < group.size() && group[end]->user == group[begin]->user; ++end)
            jobs.insert(jobs.end(), group[end]->jobs.begin(), group[end]->jobs.end());
          OMNICRM_ASSIGN(const auto ids,
                         place.store.enqueue(connection, place.tools, group[begin]->user, jobs));
          auto next = ids.begin();
          for (std::size_t at = begin; at < end; ++at) {
            const auto last = next + static_cast<std::ptrdiff_t>(group[at]->jobs.size());
            made[at].assign(next, last);
            next = last;
          }
        }
        return {};
      }));
  for (std::size_t at = 0; at < group.size(); ++at) {
    group[at]->result = std::move(made[at]);
    if (group[at]->written != nullptr) raise(*group[at]->written, written.value);
  }
  return {};
}

void Coalescer::write_singly(const Place& place, Group& group) const {
  for (Request* request : group) request->result = alone(place, {.user = request->user}, request->jobs);
}

bool Coalescer::may_write_for_all(const Place& place) {
  {
    const std::lock_guard lock(mutex_);
    if (for_all_) return *for_all_;
  }
  bool may = false;
  const auto asked = place.storage.read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto answer, storage::query_one<std::int64_t>(connection, may_sql));
    may = answer.value_or(0) != 0;
    return {};
  });
  if (!asked) return false;  // the server is away, or its roles are others: ask again
  const std::lock_guard lock(mutex_);
  for_all_ = may;
  return may;
}

}  // namespace omnicrm::jobs
