// Which database files this process has open, for one question only: may a forked child open this one?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include <omnicrm/core/result.hpp>

namespace omnicrm::storage {

/// Says for its lifetime that the process has a file open. SQLite keeps what locks a process holds in its
/// memory, and fork copies that memory but not the locks: a child that opens the file once more believes in
/// locks that it does not have, and the parent's last close may take the log away from under it
/// (sqlite.org/howtocorrupt.html section 2.6).
class OpenFile {
 public:
  /// Before SQLite opens it. Errors: `failed_precondition` for a file that the parent process had open when
  /// it forked this one. A file that is not there yet is fine.
  [[nodiscard]] static Result<void> check(const std::string& path);
  /// After that; an empty path (a database in memory) stands for no file.
  explicit OpenFile(const std::string& path);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

 private:
  ::dev_t device_ = 0;
  ::ino_t inode_ = 0;
  std::uint64_t generation_ = 0;
  bool is_known_ = false;
};

}  // namespace omnicrm::storage
