#include "processor_time.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace omnicrm::benchmarks {

namespace {

struct Process {
  pid_t parent = 0;
  long long ticks = 0;
};

/// A process that is gone meanwhile has no ticks; its parent has them.
Process read_process(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t end_of_name = text.rfind(')');  // the name may hold anything
  if (end_of_name == std::string::npos) return {};
  std::istringstream fields(text.substr(end_of_name + 1));
  Process process;
  std::string skipped;
  fields >> skipped >> process.parent;  // fields 3 and 4
  for (int field = 5; field < 14; ++field) fields >> skipped;
  for (int field = 14; field <= 17; ++field) {  // utime stime cutime cstime
    long long ticks = 0;
    fields >> ticks;
    process.ticks += ticks;
  }
  return process;
}

}  // namespace

double tree_seconds(pid_t root) {
  std::map<pid_t, Process> processes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t id = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), id).ec == std::errc{} && id > 0) {
      processes[id] = read_process(entry.path());
    }
  }
  long long ticks = 0;
  for (const auto& [id, process] : processes) {
    pid_t at = id;
    while (at > 1 && at != root) {
      const auto found = processes.find(at);
      at = found == processes.end() ? 0 : found->second.parent;
    }
    if (at == root) ticks += process.ticks;
  }
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double own_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace omnicrm::benchmarks
