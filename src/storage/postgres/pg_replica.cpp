#include "storage/postgres/pg_replica.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace omnicrm::storage {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

milliseconds doubled(milliseconds first, int times, milliseconds most) {
  return std::min(most, first * (1 << std::min(times, 12)));
}

}  // namespace

std::optional<PgPool::Lease> PgReplica::take(std::uint64_t position) {
  if (position == unknown) return std::nullopt;
  {
    const std::scoped_lock lock(mutex_);
    const auto now = Clock::now();
    if (now < down_until_) return std::nullopt;
    if (now < behind_until_ && position > replayed_) return std::nullopt;
    // If it is still away, one caller is enough to find out.
    if (downs_ > 0) down_until_ = now + doubled(milliseconds(100), downs_, milliseconds(10'000));
  }
  auto lease = pool_.try_take();
  if (lease) return std::optional<PgPool::Lease>(std::move(*lease));
  if (lease.error().code != ErrorCode::resource_exhausted) note_lost();  // all in use is not away
  return std::nullopt;
}

void PgReplica::note_served() {
  const std::scoped_lock lock(mutex_);
  downs_ = 0;
  behinds_ = 0;
  down_until_ = {};
  behind_until_ = {};
}

void PgReplica::note_behind(std::uint64_t replayed) {
  const std::scoped_lock lock(mutex_);
  replayed_ = std::max(replayed_, replayed);
  behind_until_ = Clock::now() + doubled(milliseconds(5), behinds_++, milliseconds(500));
  downs_ = 0;
  down_until_ = {};
}

void PgReplica::note_lost() {
  const std::scoped_lock lock(mutex_);
  down_until_ = Clock::now() + doubled(milliseconds(100), downs_++, milliseconds(10'000));
  replayed_ = 0;  // another one may answer next time
}

void note_written(WritePosition& written, std::optional<std::uint64_t> position) noexcept {
  if (!position) return written.value.store(unknown);
  std::uint64_t before = written.value.load();
  while (before == unknown || before < *position) {
    if (written.value.compare_exchange_weak(before, *position)) return;
  }
}

}  // namespace omnicrm::storage
