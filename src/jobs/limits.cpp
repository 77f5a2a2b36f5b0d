#include "jobs/limits.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace omnicrm::jobs {
namespace {

// While a kind's jobs are parked, claims of it are small: they look for other users' jobs. And rare, when
// there were none.
constexpr std::chrono::milliseconds rest{50};
constexpr std::size_t fewest_parked = 4;

std::size_t size_of(std::int64_t limit) {
  return static_cast<std::size_t>(std::max<std::int64_t>(0, limit));
}

}  // namespace

Limits::Limits(const Kinds& kinds, std::size_t threads) : threads_(threads) {
  std::vector<std::string> unlimited;
  for (const auto& [name, entry] : kinds) {
    const KindOptions& options = entry.options;
    const bool claim_limit = options.max_concurrent > 0 || options.max_global > 0 || options.rate_limit > 0;
    if (!claim_limit && options.max_per_user <= 0) {
      unlimited.push_back(name);
      continue;
    }
    any_claim_limit_ = any_claim_limit_ || claim_limit;
    Kind kind;
    kind.options = options;
    kind.json = kinds_json(std::vector<std::string>{name});
    limited_.emplace(name, std::move(kind));
  }
  if (!unlimited.empty()) unlimited_ = kinds_json(unlimited);
}

std::size_t Limits::room(const Kind& kind, std::size_t limit, Time now) const {
  if (kind.options.max_concurrent > 0) {
    const std::size_t cap = size_of(kind.options.max_concurrent);
    const std::size_t held = kind.queued + kind.running;
    limit = std::min(limit, cap > held ? cap - held : 0);
  }
  if (kind.parked == 0) return limit;
  if (now < kind.rest_until) return 0;
  return std::min(limit, std::max<std::size_t>(16, 2 * threads_));
}

std::vector<KindShare> Limits::shares(std::size_t limit, Time now) const {
  std::vector<KindShare> shares;
  if (!unlimited_.empty()) shares.push_back({.kinds = unlimited_, .limit = limit});
  for (const auto& [name, kind] : limited_) {
    const std::size_t wanted = room(kind, limit, now);
    if (wanted == 0) continue;
    shares.push_back({.kinds = kind.json,
                      .limit = wanted,
                      .max_global = kind.options.max_global,
                      .rate_limit = kind.options.rate_limit,
                      .rate_period = kind.options.rate_period});
  }
  return shares;
}

bool Limits::has_share(Time now) const {
  return !unlimited_.empty() || std::any_of(limited_.begin(), limited_.end(), [&](const auto& entry) {
    return room(entry.second, 1, now) > 0;
  });
}

std::optional<Limits::Time> Limits::next_share(Time now) const {
  std::optional<Time> next;
  for (const auto& [name, kind] : limited_) {
    if (kind.parked == 0 || kind.rest_until <= now) continue;
    next = next ? std::min(*next, kind.rest_until) : kind.rest_until;
  }
  return next;
}

bool Limits::accept(const JobRow& row) {
  Kind& kind = limited_.find(row.job.kind)->second;
  if (kind.options.max_per_user > 0) {
    const auto user = kind.users.find(row.user);
    const std::size_t most = std::max(fewest_parked, 2 * size_of(kind.options.max_per_user));
    if (user != kind.users.end() && user->second.parked.size() >= most) {
      ++kind.refused;
      return false;
    }
  }
  ++kind.accepted;
  ++kind.queued;
  return true;
}

void Limits::claimed(Time now) {
  for (auto& [name, kind] : limited_) {
    if (kind.refused > 0 && kind.accepted == 0) kind.rest_until = now + rest;
    kind.accepted = 0;
    kind.refused = 0;
  }
}

void Limits::leave_queue(const JobRow& row) {
  --limited_.find(row.job.kind)->second.queued;
}

bool Limits::may_run(const Kind& kind, const User& user) {
  const KindOptions& options = kind.options;
  return (options.max_concurrent <= 0 || kind.running < size_of(options.max_concurrent)) &&
         (options.max_per_user <= 0 || user.running < size_of(options.max_per_user));
}

void Limits::start(Kind& kind, User& user) {
  ++kind.running;
  ++user.running;
}

bool Limits::admit(JobRow& row) {
  Kind& kind = limited_.find(row.job.kind)->second;
  User& user = kind.users[row.user];
  if (may_run(kind, user)) {
    start(kind, user);
    return true;
  }
  user.parked.push_back(std::move(row));
  ++kind.parked;
  ++parked_;
  return false;
}

void Limits::release(Kind& kind, std::vector<JobRow>& rows) {
  for (auto& [id, user] : kind.users) {
    while (!user.parked.empty() && may_run(kind, user)) {
      start(kind, user);
      rows.push_back(std::move(user.parked.front()));
      user.parked.pop_front();
      --kind.parked;
      --parked_;
    }
  }
}

std::vector<JobRow> Limits::ended(std::string_view name, UserId id) {
  std::vector<JobRow> rows;
  Kind& kind = limited_.find(name)->second;
  const auto user = kind.users.find(id);
  --kind.running;
  if (--user->second.running == 0 && user->second.parked.empty()) kind.users.erase(user);
  if (kind.parked > 0) release(kind, rows);
  return rows;
}

std::optional<JobRow> Limits::take_parked(JobId id) {
  if (parked_ == 0) return std::nullopt;
  for (auto& [name, kind] : limited_) {
    for (auto& [user_id, user] : kind.users) {
      const auto at = std::find_if(user.parked.begin(), user.parked.end(),
                                   [id](const JobRow& row) { return row.job.id == id; });
      if (at == user.parked.end()) continue;
      JobRow row = std::move(*at);
      user.parked.erase(at);
      --kind.parked;
      --parked_;
      if (user.running == 0 && user.parked.empty()) kind.users.erase(user_id);
      return row;
    }
  }
  return std::nullopt;
}

std::vector<JobRow> Limits::take_all_parked() {
  std::vector<JobRow> rows;
  for (auto& [name, kind] : limited_) {
    for (auto& [id, user] : kind.users) {
      std::move(user.parked.begin(), user.parked.end(), std::back_inserter(rows));
      user.parked.clear();
    }
    kind.parked = 0;
  }
  parked_ = 0;
  return rows;
}

}  // namespace omnicrm::jobs
