// The ceiling on PostgreSQL: JOBS.md's skinny ready table, claimed by ctid, driven by libpq alone.
#pragma once

#include <string>

namespace omnicrm::benchmarks {

/// Fills the table and gives the jobs a second that `connections` loops drain it with; `per_round` jobs each
/// round trip, which ends the last lease and takes the next. Nothing is dispatched and no payload is read.
[[nodiscard]] double bare_drain_rate(const std::string& url, int jobs, int connections, int per_round = 500);

}  // namespace omnicrm::benchmarks
