#include "storage/sqlite/sqlite_backup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const noexcept { sqlite3_backup_finish(backup); }
};

/// A file that goes away unless it was kept.
class PartialFile {
 public:
  explicit PartialFile(std::string path) : path_(std::move(path)) {}
  ~PartialFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  void release() noexcept { path_.clear(); }

 private:
  std::string path_;
};

Result<void> sync_file(const std::string& path, const std::string& shown, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return system_failure(errno, "open", shown);
  const int code = ::fsync(file);
  const int reason = errno;
  ::close(file);
  // A folder that cannot be synced (some network file systems) is no reason to give up a complete copy.
  if (code != 0 && (flags & O_DIRECTORY) == 0) return system_failure(reason, "sync", shown);
  return {};
}

Result<void> copy_pages(SqliteConnection& source, SqliteConnection& target) {
  // Its own rollback journal would be of no use: the file counts only when it is complete.
  OMNICRM_TRY(
      target.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1024;"));
  // Holding the snapshot: without it every commit by a writer would start the copy again.
  OMNICRM_TRY(query_one<std::int64_t>(source, "SELECT count(*) FROM sqlite_master"));
  const std::unique_ptr<sqlite3_backup, FinishBackup> backup(
      sqlite3_backup_init(target.db(), "main", source.db(), "main"));
  if (backup == nullptr) return fail(target.error(sqlite3_extended_errcode(target.db()), "backup"));
  constexpr int pages_a_step = 256;
  int code = SQLITE_OK;
  while (code == SQLITE_OK) code = sqlite3_backup_step(backup.get(), pages_a_step);
  if (code == SQLITE_DONE) return {};
  return fail(target.error(code, "backup"));
}

/// Gives the complete file its name, never in another's place.
Result<void> publish(PartialFile& partial, const std::string& path) {
  if (::link(partial.path().c_str(), path.c_str()) == 0) return {};  // the partial name goes with its owner
  if (errno == EEXIST) return failure(ErrorCode::already_exists, path + ": there is already a file");
  // File systems without hard links: look, then rename.
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    return failure(ErrorCode::already_exists, path + ": there is already a file");
  }
  if (::rename(partial.path().c_str(), path.c_str()) != 0) return system_failure(errno, "rename to", path);
  partial.release();
  return {};
}

}  // namespace

Result<void> copy_database(SqliteConnection& source, const std::string& path) {
  if (path.empty()) return invalid("path", "is empty");
  if (path.find('\0') != std::string::npos) return invalid("path", "contains a NUL byte");
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    return failure(ErrorCode::already_exists, path + ": there is already a file");
  }
  std::random_device random;
  PartialFile partial(
      fmt::format("{}{}.partial-{:08x}", path.starts_with("file:") ? "./" : "", path, random()));
  const int made = ::open(partial.path().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (made < 0) {
    const int reason = errno;
    partial.release();
    return system_failure(reason, "make the copy", path);
  }
  ::close(made);
  {
    OMNICRM_ASSIGN(auto target, SqliteConnection::open(partial.path(), path, SQLITE_OPEN_READWRITE));
    OMNICRM_TRY(copy_pages(source, *target));
  }
  OMNICRM_TRY(sync_file(partial.path(), path, O_RDWR));
  OMNICRM_TRY(publish(partial, path));
  const auto folder = std::filesystem::path(path).parent_path();
  return sync_file(folder.empty() ? "." : folder.string(), path, O_RDONLY | O_DIRECTORY);
}

}  // namespace omnicrm::storage
