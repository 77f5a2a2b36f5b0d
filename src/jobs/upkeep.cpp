#include "jobs/upkeep.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view office = "upkeep";
/// Another process may have made a schedule that is due earlier than any known one.
constexpr seconds tick_every{1};
constexpr seconds retain_every{30};
constexpr seconds snapshot_every{5};
/// A snapshot counts rows: at most so large a part of the time goes into it.
constexpr int snapshot_share = 50;
constexpr std::int64_t retain_portion = 2'000;
constexpr milliseconds between_portions{20};
constexpr milliseconds turn_pause{250};

/// As schedules' leader is chosen (schedule_tick.cpp): a lease that reaches further than anybody could have
/// taken it was taken by a wrong clock.
constexpr char lead_sql[] =
    "INSERT INTO leaders (name, holder, until) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE "
    "SET holder = excluded.holder, until = excluded.until "
    "WHERE leaders.holder = ?2 OR leaders.until <= ?4 OR leaders.until > ?5";

}  // namespace

Upkeep::Upkeep(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds, WorkerId worker,
               observe::JobMetrics* metrics)
    : parts_(parts), options_(options), kinds_(kinds), worker_(worker), metrics_(metrics) {}

Upkeep::~Upkeep() {
  static_cast<void>(stop());
}

JobStore& Upkeep::store() const {
  return parts_.wakeup->store(parts_.storage->dialect());
}

TickParts Upkeep::tick_parts() const {
  return {.storage = parts_.storage,
          .clock = parts_.clock,
          .ids = parts_.ids,
          .wakeup = parts_.wakeup,
          .logger = parts_.logger,
          .worker = worker_,
          .lease = options_.lease};
}

Result<void> Upkeep::start() {
  if (!options_.upkeep) return {};
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
  } catch (const std::system_error& error) {
    return failure(ErrorCode::resource_exhausted, std::string("cannot start a thread: ") + error.what());
  }
}

Result<void> Upkeep::once() {
  if (!options_.upkeep) return {};
  OMNICRM_ASSIGN(const TickResult ticked, tick(tick_parts(), parts_.clock->now()));
  ticked_ = ticked.leads;
  return {};
}

Result<void> Upkeep::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  Result<void> result;
  if (std::exchange(ticked_, false)) result = resign(tick_parts());
  if (!std::exchange(leads_, false)) return result;
  auto left = parts_.storage->write({}, [&](storage::Connection& connection) {
    return storage::run(connection, "DELETE FROM leaders WHERE name = ? AND holder = ?", office, worker_);
  });
  return result ? left : result;
}

void Upkeep::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    turn(stop);
    auto pause = std::chrono::ceil<milliseconds>(next_tick_ - parts_.clock->steady_now());
    if (next_fire_)
      pause = std::min(pause, std::chrono::ceil<milliseconds>(*next_fire_ - parts_.clock->now()));
    woken.wait_for(lock, stop, std::clamp(pause, milliseconds(10), turn_pause), [] { return false; });
  }
}

void Upkeep::turn(const std::stop_token& stop) {
  const Time now = parts_.clock->steady_now();
  if (now >= next_tick_ || (next_fire_ && parts_.clock->now() >= *next_fire_)) {
    next_tick_ = now + tick_every;
    const auto ticked = tick(tick_parts(), parts_.clock->now());
    if (ticked) {
      next_fire_ = ticked->next_at;
      ticked_ = ticked_ || ticked->leads;
      // Fires that the storage failed on stay due: not at once again.
      if (next_fire_ && *next_fire_ <= parts_.clock->now()) next_fire_.reset();
    } else {
      note("schedules", fail(ticked.error()));
    }
  }
  if (now >= next_lead_) {
    next_lead_ = now + options_.lease / 3;
    leads_ = lead();
  }
  if (!leads_) return;
  note("due jobs", promote());
  if (now >= next_retention_) {
    next_retention_ = now + retain_every;
    note("retention", retain(stop));
  }
  if (metrics_ != nullptr && now >= next_snapshot_) {
    note("metrics", snapshot());
    const Time end = parts_.clock->steady_now();
    next_snapshot_ = end + std::max<std::chrono::nanoseconds>(snapshot_every, snapshot_share * (end - now));
  }
}

bool Upkeep::lead() {
  const Timestamp now = parts_.clock->now();
  const Timestamp until = now + options_.lease;
  bool mine = false;
  const auto written = parts_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const std::int64_t taken, storage::execute(connection, lead_sql, office, worker_, until,
                                                              now, now + 2 * options_.lease));
    mine = taken > 0;
    return {};
  });
  note("leader", written);
  return written && mine;
}

/// Claims move due jobs, too; but kinds that nobody claims now must not be found waiting by the clock.
Result<void> Upkeep::promote() {
  return parts_.storage->write(
      {}, [&](storage::Connection& connection) { return store().promote(connection, parts_.clock->now()); });
}

std::vector<Retention> Upkeep::retentions() const {
  const Timestamp now = parts_.clock->now();
  std::vector<Retention> orders;
  for (const auto& [name, entry] : kinds_) {
    orders.push_back({.kind = name,
                      .done_before = now - entry.options.keep_done,
                      .dead_before = now - entry.options.keep_dead});
  }
  return orders;
}

Result<void> Upkeep::retain(const std::stop_token& stop) {
  const auto orders = retentions();
  if (orders.empty()) return {};
  const Time until = parts_.clock->steady_now() + options_.lease / 3;
  while (!stop.stop_requested() && parts_.clock->steady_now() < until) {
    std::int64_t removed = 0;
    OMNICRM_TRY(parts_.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(removed, store().retain(connection, orders, retain_portion));
      return {};
    }));
    if (removed == 0) return {};
    std::this_thread::sleep_for(between_portions);
  }
  next_retention_ = {};  // there is more
  return {};
}

Result<void> Upkeep::snapshot() {
  std::vector<KindStats> stats;
  OMNICRM_TRY(parts_.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(stats, store().stats(connection, std::nullopt));
    return {};
  }));
  const Timestamp now = parts_.clock->now();
  std::vector<observe::KindSnapshot> kinds;
  for (const KindStats& kind : stats) {
    const auto age = kind.oldest_ready_at ? now - *kind.oldest_ready_at : std::chrono::microseconds(0);
    kinds.push_back({.kind = kind.kind,
                     .ready = kind.ready,
                     .running = kind.running,
                     .oldest_ready_age = std::max(age, std::chrono::microseconds(0))});
  }
  metrics_->set(kinds);
  return {};
}

void Upkeep::note(std::string_view what, const Result<void>& result) const {
  if (result) return;
  parts_.logger->write(observe::Level::warning, "jobs",
                       "upkeep, " + std::string(what) + ": " + result.error().message);
}

}  // namespace omnicrm::jobs
