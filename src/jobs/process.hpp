// Which process a worker lives in, so that its death can be proved instead of waited for.
#pragma once

#include <string>
#include <string_view>

namespace omnicrm::jobs {

/// "<name>@<host>/<boot id>/<pid namespace>/<pid>/<start time>" of this process. Read afresh at each call: a
/// forked child is another process.
[[nodiscard]] std::string worker_name(std::string_view name);

/// Whether the worker's process has certainly ended: it ran under this boot, in this pid namespace, and no
/// such process is there (or another one has its number, or it is a zombie). False whenever that cannot be
/// known: another machine or container, another operating system, an unreadable /proc.
[[nodiscard]] bool provably_dead(std::string_view worker_name);

}  // namespace omnicrm::jobs
