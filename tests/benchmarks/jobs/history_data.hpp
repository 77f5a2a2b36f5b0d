// A queue that has run many jobs, as the engine leaves them: made by the server itself, once.
#pragma once

#include <string>

#include "server.hpp"

namespace omnicrm::benchmarks {

inline constexpr const char* history_schema = "bench_jobs_history";

/// Fills `history_schema` with `jobs` done jobs and their receipts, or takes what is left over from the last
/// time.
void make_history(Server& server, const std::string& url, long long jobs);
/// Takes back what was added since, so that the next time finds the same.
void restore_history(Server& server);

}  // namespace omnicrm::benchmarks
