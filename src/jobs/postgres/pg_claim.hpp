// Who runs what: whole chunks of ready jobs become a worker's.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "jobs/postgres/pg_enqueue.hpp"
#include "jobs/postgres/pg_memory.hpp"
#include "jobs/store.hpp"

namespace omnicrm::jobs::postgres {

/// Kinds as the array that the server takes, from the JSON that a share has. Thread-safe.
class KindLists {
 public:
  [[nodiscard]] std::string of(const std::string& json);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::string> known_;
};

/// One lease a share; what it claims stands in `memory.claiming` too.
[[nodiscard]] Result<Claim> claim(storage::Connection& connection, WorkerMemory& memory, KindLists& kinds,
                                  LineBounds& bounds, const RoundCall& call, WorkerId worker,
                                  const RoundOrder& order);

}  // namespace omnicrm::jobs::postgres
