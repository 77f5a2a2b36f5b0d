#include "storage/postgres/pg_pool.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"

namespace omnicrm::storage {
namespace {

using std::chrono::milliseconds;

/// 20 ms, 40 ms ... 1 s.
milliseconds pause_after(int refusals) {
  return std::min(milliseconds(1'000), milliseconds(10) * (1 << std::min(refusals, 7)));
}

Error all_in_use(std::size_t count) {
  return Error{.code = ErrorCode::resource_exhausted,
               .message = fmt::format("all {} connections are in use (PostgresOptions::pool_size)", count),
               .details = {},
               .retryable = true,
               .needs_user = false};
}

}  // namespace

Result<PgPool::Lease> PgPool::take(Clock::time_point deadline, bool is_patient, const std::stop_token& stop) {
  while (true) {
    OMNICRM_ASSIGN(auto connection, acquire(deadline, is_patient, stop));
    if (connection != nullptr) {
      // From here on it is given back whatever happens; an unusable one is closed by that.
      Lease lease(connection.release(), GiveBack{this});
      const bool was_idle_for_long = Clock::now() - lease->used_at() > options_.health_check_after;
      if (lease->is_usable() && (!was_idle_for_long || lease->is_healthy())) return lease;
      lease->retire();
      continue;
    }
    auto made = connect(deadline, stop);
    if (made) return Lease(made->release(), GiveBack{this});
    {
      const std::scoped_lock lock(mutex_);
      release(nullptr);
    }
    if (!is_patient || !made.error().retryable || Clock::now() >= deadline)
      return fail(std::move(made).error());
  }
}

Result<std::unique_ptr<PgConnection>> PgPool::acquire(Clock::time_point deadline, bool is_patient,
                                                      const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (is_any_free() && !is_line_served()) return grab();
  if (!is_patient) return fail(all_in_use(open_));
  return stand_in_line(lock, deadline, stop);
}

Result<std::unique_ptr<PgConnection>> PgPool::stand_in_line(std::unique_lock<std::mutex>& lock,
                                                            Clock::time_point deadline,
                                                            const std::stop_token& stop) {
  Waiter waiter;
  waiter.since = Clock::now();
  line_.push_back(&waiter);
  const auto is_turn = [&] { return waiter.is_served || (line_.front() == &waiter && is_any_free()); };
  const bool came = waiter.woken.wait_until(lock, stop, deadline, is_turn);
  ++waits_;
  waited_ += std::chrono::floor<std::chrono::microseconds>(Clock::now() - waiter.since);
  if (waiter.is_served) {
    wake_first();
    return std::move(waiter.connection);
  }
  std::erase(line_, &waiter);
  std::unique_ptr<PgConnection> connection;
  if (came) connection = grab();
  wake_first();  // whatever woke this one may have been meant for more than one
  if (came) return connection;
  if (stop.stop_requested()) return failure(ErrorCode::cancelled, "asked to stop while waiting");
  return fail(all_in_use(open_));
}

/// Whether the line's first has waited so long that nobody may pass it.
bool PgPool::is_line_served() const {
  return !line_.empty() && Clock::now() - line_.front()->since > patience;
}

std::unique_ptr<PgConnection> PgPool::grab() {
  if (idle_.empty()) {
    ++open_;
    return nullptr;
  }
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

/// Puts a connection back, or (null) the right to open one.
void PgPool::release(std::unique_ptr<PgConnection> connection) {
  if (is_line_served()) {
    Waiter& first = *line_.front();
    line_.pop_front();
    first.is_served = true;
    first.connection = std::move(connection);
    first.woken.notify_one();
    return;
  }
  if (connection == nullptr) {
    --open_;
  } else {
    if (idle_.capacity() < options_.pool_size) idle_.reserve(options_.pool_size);
    idle_.push_back(std::move(connection));
  }
  wake_first();
}

void PgPool::wake_first() {
  if (!line_.empty() && is_any_free()) line_.front()->woken.notify_one();
}

/// Waits for the turn that earlier refusals left, then connects once.
Result<std::unique_ptr<PgConnection>> PgPool::connect(Clock::time_point deadline,
                                                      const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    const Clock::time_point turn = next_connect_;
    if (turn >= deadline) return fail(last_refusal_);
    may_connect_.wait_until(lock, stop, turn, [&] { return next_connect_ < turn; });
    if (stop.stop_requested()) return failure(ErrorCode::cancelled, "asked to stop while waiting");
  }
  const auto give_up = std::min(deadline, Clock::now() + options_.connect_timeout);
  auto made = PgConnection::open(options_, url_, shapes_, give_up, stop);
  const std::scoped_lock lock(mutex_);
  if (made) {
    refused_ = 0;
    next_connect_ = {};
    ++made_;
    may_connect_.notify_all();
  } else if (made.error().code != ErrorCode::cancelled) {
    next_connect_ = Clock::now() + pause_after(++refused_);
    last_refusal_ = made.error();
  }
  return made;
}

bool PgPool::is_too_old(const PgConnection& connection) const {
  // Spread, so that connections made together do not end together.
  const auto spread = (reinterpret_cast<std::uintptr_t>(&connection) >> 6) % 100;
  const auto lifetime =
      options_.max_lifetime - options_.max_lifetime / 1'000 * static_cast<std::int64_t>(spread);
  return Clock::now() - connection.opened_at() > lifetime;
}

void PgPool::give_back(PgConnection* raw) noexcept {
  std::unique_ptr<PgConnection> connection(raw);
  const bool keep = connection->is_usable() && !is_too_old(*connection);
  connection->touch(Clock::now());
  // Closing it talks to the server: not under the lock.
  const std::unique_ptr<PgConnection> ended = keep ? nullptr : std::move(connection);
  const std::scoped_lock lock(mutex_);
  release(std::move(connection));
}

void PgPool::abandon() noexcept {
  for (auto& connection : idle_) connection->abandon();
}

PgPool::Counts PgPool::counts() {
  const std::scoped_lock lock(mutex_);
  return {open_, idle_.size(), made_, line_.size(), waits_, waited_};
}

}  // namespace omnicrm::storage
