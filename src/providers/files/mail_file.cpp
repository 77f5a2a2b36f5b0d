#include "providers/files/mail_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/errors.hpp"

namespace omnicrm::files {

MailFile::MailFile(std::string path, int descriptor, std::size_t buffer_bytes)
    : path_(std::move(path)),
      descriptor_(descriptor),
      capacity_(std::max<std::size_t>(buffer_bytes, 8u << 10)),
      buffer_(new char[capacity_]) {}

MailFile::~MailFile() {
  ::close(descriptor_);
}

Result<std::unique_ptr<MailFile>> MailFile::open(std::string path, std::uint64_t offset,
                                                 std::size_t buffer_bytes) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(errno, "open", path);
  std::unique_ptr<MailFile> file(new MailFile(std::move(path), descriptor, buffer_bytes));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return system_failure(errno, "read", file->path_);
  if (S_ISDIR(status.st_mode)) return invalid("path", file->path_ + " is a directory, not a mailbox file");
  file->size_ = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  if (offset != 0) {
    if (offset > file->size_)
      return at_position(ErrorCode::failed_precondition, file->path_, offset,
                         "the file ends before this place, so it changed since it was last read");
    if (::lseek(descriptor, static_cast<off_t>(offset), SEEK_SET) < 0)
      return system_failure(errno, "read", file->path_);
    file->position_ = offset;
  }
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  return file;
}

Result<void> MailFile::fill() {
  if (begin_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const ssize_t got = ::read(descriptor_, buffer_.get() + end_, capacity_ - end_);
  if (got < 0) {
    if (errno == EINTR) return {};
    return system_failure(errno, "read", path_);
  }
  end_ += static_cast<std::size_t>(got);
  if (got != 0) return {};
  ended_ = true;
  if (position_ + end_ < size_)
    return at_position(
        ErrorCode::unavailable, path_, position_ + end_,
        "the file became shorter while it was read; it had " + std::to_string(size_) + " bytes");
  return {};
}

Result<void> MailFile::require(std::size_t bytes) {
  bytes = std::min(bytes, capacity_);
  while (!ended_ && end_ - begin_ < bytes) OMNICRM_TRY(fill());
  return {};
}

Result<void> MailFile::require_line() {
  std::size_t searched = 0;
  while (!ended_ && window().substr(searched).find('\n') == std::string_view::npos) {
    searched = end_ - begin_;
    if (searched == capacity_) return {};
    OMNICRM_TRY(fill());
  }
  return {};
}

void MailFile::skip(std::size_t bytes) noexcept {
  begin_ += bytes;
  position_ += bytes;
}

}  // namespace omnicrm::files
