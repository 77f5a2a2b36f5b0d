#include "jobs/process.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace omnicrm::jobs {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string pid_namespace() {
  std::array<char, 64> target{};
  const ssize_t size = ::readlink("/proc/self/ns/pid", target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

struct Stat {
  char state = '?';
  std::string start_time;
};

/// proc(5), /proc/pid/stat: the name in field 2 may hold anything, so fields are counted from its last ')':
/// state is field 3, starttime (clock ticks since boot) field 22.
std::optional<Stat> stat_of(std::string_view pid) {
  const std::string line = first_line("/proc/" + std::string(pid) + "/stat");
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= line.size()) return std::nullopt;
  Stat stat;
  stat.state = line[name_end + 2];
  std::size_t at = name_end + 1;
  for (int field = 3; field <= 22 && at != std::string::npos; ++field) {
    const std::size_t next = line.find(' ', at + 1);
    if (field == 22) stat.start_time = line.substr(at + 1, next == std::string::npos ? next : next - at - 1);
    at = next;
  }
  if (stat.start_time.empty()) return std::nullopt;
  return stat;
}

/// The last `count` parts between slashes; the name before them may hold slashes itself.
std::vector<std::string_view> last_parts(std::string_view text, std::size_t count) {
  std::vector<std::string_view> parts(count);
  while (count > 0) {
    const auto slash = text.rfind('/');
    if (slash == std::string_view::npos) return {};
    parts[--count] = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  return parts;
}

}  // namespace

std::string worker_name(std::string_view name) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const std::string pid = std::to_string(::getpid());
  const auto stat = stat_of(pid);
  return std::string(name) + "@" + host.data() + "/" + first_line("/proc/sys/kernel/random/boot_id") + "/" +
         pid_namespace() + "/" + pid + "/" + (stat ? stat->start_time : std::string());
}

bool provably_dead(std::string_view worker_name) {
  const auto parts = last_parts(worker_name, 4);
  if (parts.empty()) return false;
  const std::string_view boot = parts[0];
  const std::string_view space = parts[1];
  const std::string_view pid = parts[2];
  const std::string_view start = parts[3];
  if (boot.empty() || space.empty() || boot != first_line("/proc/sys/kernel/random/boot_id")) return false;
  if (space != pid_namespace()) return false;
  pid_t number = 0;
  if (std::from_chars(pid.data(), pid.data() + pid.size(), number).ec != std::errc{} || number <= 0)
    return false;
  if (::kill(number, 0) != 0 && errno == ESRCH) return true;
  const auto stat = stat_of(pid);
  if (!stat) return false;  // hidden from us (hidepid), or just ended: the next look knows
  if (stat->state == 'Z' || stat->state == 'X') return true;
  return !start.empty() && stat->start_time != start;  // the number was given to another process
}

}  // namespace omnicrm::jobs
