#include "storage/sqlite/open_files.hpp"

#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "core/errors.hpp"
#include "core/fork.hpp"

namespace omnicrm::storage {
namespace {

struct Entry {
  ::dev_t device;
  ::ino_t inode;
  std::uint64_t generation;
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// As a file stays open across fork, so does its entry.
class Registry {
 public:
  static Registry& instance() {
    static Registry* const registry = new Registry;  // never destroyed: storages may be, at exit
    return *registry;
  }

  std::mutex mutex;
  std::vector<Entry> entries;  // guarded by it

 private:
  // Whoever forks holds the lock, so a child finds it free.
  Registry() {
    ::pthread_atfork([] { instance().mutex.lock(); }, [] { instance().mutex.unlock(); },
                     [] { instance().mutex.unlock(); });
  }
};

}  // namespace

Result<void> OpenFile::check(const std::string& path) {
  struct ::stat file {};
  if (::stat(path.c_str(), &file) != 0) return {};
  const std::uint64_t now = fork_generation();
  Registry& registry = Registry::instance();
  const std::lock_guard lock(registry.mutex);
  for (const Entry& entry : registry.entries) {
    if (entry.device == file.st_dev && entry.inode == file.st_ino && entry.generation != now) {
      return failure(
          ErrorCode::failed_precondition,
          path +
              ": the parent process had it open when it forked this one; SQLite's locks do not survive "
              "that. Start the process anew (exec, Python's \"spawn\") or open it after the fork");
    }
  }
  return {};
}

OpenFile::OpenFile(const std::string& path) {
  struct ::stat file {};
  if (path.empty() || ::stat(path.c_str(), &file) != 0) return;
  device_ = file.st_dev;
  inode_ = file.st_ino;
  generation_ = fork_generation();
  is_known_ = true;
  Registry& registry = Registry::instance();
  const std::lock_guard lock(registry.mutex);
  registry.entries.push_back({device_, inode_, generation_});
}

OpenFile::~OpenFile() {
  if (!is_known_) return;
  Registry& registry = Registry::instance();
  const std::lock_guard lock(registry.mutex);
  const auto found = std::ranges::find(registry.entries, Entry{device_, inode_, generation_});
  if (found != registry.entries.end()) registry.entries.erase(found);
}

}  // namespace omnicrm::storage
