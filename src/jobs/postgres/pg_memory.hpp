// What a worker's process remembers of its leases, so that an outcome costs the server no search.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "jobs/postgres/pg_arrays.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs::postgres {

/// A claimed group. A job's `JobRow::seq` is its place in it.
struct HeldLease {
  /// Consecutive jobs of one user.
  struct Chunk {
    UserId user;
    Uuid first;
    std::int64_t n = 0;
    std::int64_t attempt = 0;
    std::int64_t vt = 0;
    std::int64_t cost = 1;
    std::size_t kind = 0;   // in `kinds`
    std::size_t place = 0;  // of its first job
  };
  std::vector<Chunk> chunks;
  std::vector<std::string> kinds;
  std::vector<bool> ended;  // by place
  std::size_t left = 0;
  std::int64_t revision = 0;
  Timestamp claimed_at{};

  /// Adds a job behind the others; gives its place.
  std::size_t add(const JobRow& row, std::int64_t cost);
};

/// What a round is about to write of a lease.
struct LeaseChange {
  std::vector<std::size_t> places;  // that end
  std::size_t left = 0;             // afterwards
};

/// How a worker walks a line.
struct LineMemory {
  std::int64_t from = 0;    // the last virtual start that was claimed
  std::int64_t served = 0;  // jobs; lines of one priority take turns by it
  std::int64_t chunks = 8;  // rows that a claim will probably need
};

/// One worker's. Belongs to the thread that writes its rounds.
struct WorkerMemory {
  std::map<LeaseId, HeldLease> leases;
  std::map<std::pair<std::string, std::int64_t>, LineMemory> lines;
  std::int64_t walked_at = 0;  // when a claim last began at the lines' very beginnings, in microseconds
  bool was_short = true;       // the last claim found less than it wanted

  /// A round that was begun, until it is known to be committed.
  std::map<LeaseId, LeaseChange> changing;
  std::map<LeaseId, HeldLease> claiming;
  bool is_open = false;
};

/// The workers of a process. Thread-safe; a worker's memory is used by one thread at a time.
class Memories {
 public:
  [[nodiscard]] std::shared_ptr<WorkerMemory> of(WorkerId worker);
  void forget(WorkerId worker);

 private:
  std::mutex mutex_;
  std::map<WorkerId, std::shared_ptr<WorkerMemory>> workers_;
};

}  // namespace omnicrm::jobs::postgres
