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
    std::unique_ptr<PgConnection> connection;
    {
      std::unique_lock lock(mutex_);
      const auto any = [&] { return !idle_.empty() || open_ < options_.pool_size; };
      if (is_patient ? !changed_.wait_until(lock, stop, deadline, any) : !any()) {
        if (stop.stop_requested()) return failure(ErrorCode::cancelled, "asked to stop while waiting");
        return fail(all_in_use(open_));
      }
      if (idle_.empty()) {
        ++open_;
      } else {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
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
      --open_;
    }
    changed_.notify_all();  // one that pauses before it connects may be among them
    if (!is_patient || !made.error().retryable || Clock::now() >= deadline)
      return fail(std::move(made).error());
  }
}

/// Waits for the turn that earlier refusals left, then connects once.
Result<std::unique_ptr<PgConnection>> PgPool::connect(Clock::time_point deadline,
                                                      const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    const Clock::time_point turn = next_connect_;
    if (turn >= deadline) return fail(last_refusal_);
    changed_.wait_until(lock, stop, turn, [] { return false; });
    if (stop.stop_requested()) return failure(ErrorCode::cancelled, "asked to stop while waiting");
  }
  const auto give_up = std::min(deadline, Clock::now() + options_.connect_timeout);
  auto made = PgConnection::open(options_, url_, shapes_, give_up, stop);
  const std::scoped_lock lock(mutex_);
  if (made) {
    refused_ = 0;
    next_connect_ = {};
    ++made_;
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
  {
    const std::scoped_lock lock(mutex_);
    if (keep) {
      if (idle_.capacity() < options_.pool_size) idle_.reserve(options_.pool_size);
      idle_.push_back(std::move(connection));
    } else {
      --open_;
    }
  }
  changed_.notify_all();  // one that pauses before it connects may be among them
}

void PgPool::abandon() noexcept {
  for (auto& connection : idle_) connection->abandon();
}

PgPool::Counts PgPool::counts() {
  const std::scoped_lock lock(mutex_);
  return {open_, idle_.size(), made_};
}

}  // namespace omnicrm::storage
