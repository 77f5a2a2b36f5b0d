// Processor time of processes, as Linux counts it (proc(5), /proc/pid/stat).
#pragma once

#include <sys/types.h>

namespace omnicrm::benchmarks {

/// Seconds, in user and system mode, of a process and of all that it started: the living, and those that
/// ended and were waited for. In steps of a hundredth of a second.
[[nodiscard]] double tree_seconds(pid_t root);
/// Seconds of this process alone, to the microsecond.
[[nodiscard]] double own_seconds();

}  // namespace omnicrm::benchmarks
