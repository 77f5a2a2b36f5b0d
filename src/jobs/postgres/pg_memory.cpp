#include "jobs/postgres/pg_memory.hpp"

#include <algorithm>

#include "jobs/postgres/pg_ids.hpp"

namespace omnicrm::jobs::postgres {

std::size_t HeldLease::add(const JobRow& row, std::int64_t cost) {
  const std::size_t place = ended.size();
  ended.push_back(false);
  ++left;
  if (!chunks.empty()) {
    Chunk& last = chunks.back();
    const bool joins = last.user == row.user && last.attempt == row.job.attempt &&
                       kinds[last.kind] == row.job.kind &&
                       last.vt + last.n * last.cost == row.job.virtual_time &&
                       after(last.first, static_cast<std::uint64_t>(last.n)) == row.job.id.value;
    if (joins) {
      ++last.n;
      return place;
    }
  }
  auto kind = std::ranges::find(kinds, row.job.kind);
  if (kind == kinds.end()) kind = kinds.insert(kinds.end(), row.job.kind);
  chunks.push_back({row.user, row.job.id.value, 1, row.job.attempt, row.job.virtual_time, cost,
                    static_cast<std::size_t>(kind - kinds.begin()), place});
  return place;
}

std::shared_ptr<WorkerMemory> Memories::of(WorkerId worker) {
  const std::lock_guard lock(mutex_);
  auto& memory = workers_[worker];
  if (!memory) memory = std::make_shared<WorkerMemory>();
  return memory;
}

void Memories::forget(WorkerId worker) {
  const std::lock_guard lock(mutex_);
  workers_.erase(worker);
}

}  // namespace omnicrm::jobs::postgres
