// A file read forward through one buffer of fixed size.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::files {

/// One thread at a time. Errors name path and byte position.
class MailFile {
 public:
  /// Opens a regular file (or a pipe, when `offset` is 0) and places the window at `offset`.
  [[nodiscard]] static Result<std::unique_ptr<MailFile>> open(std::string path, std::uint64_t offset,
                                                              std::size_t buffer_bytes);
  ~MailFile();
  MailFile(const MailFile&) = delete;
  MailFile& operator=(const MailFile&) = delete;

  /// What is in memory from the current position on.
  [[nodiscard]] std::string_view window() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  /// Nothing more will come than what the window holds.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] bool at_end() const noexcept { return ended_ && begin_ == end_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Size when it was opened; 0 for a pipe.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Makes the window at least `bytes` long, or as long as the file lasts. `bytes` is at most the buffer.
  [[nodiscard]] Result<void> require(std::size_t bytes);
  /// Makes the window reach to the end of the current line, or as far as the buffer does.
  [[nodiscard]] Result<void> require_line();
  /// Moves on; `bytes` is at most the window.
  void skip(std::size_t bytes) noexcept;

 private:
  MailFile(std::string path, int descriptor, std::size_t buffer_bytes);
  [[nodiscard]] Result<void> fill();

  std::string path_;
  int descriptor_;
  std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t size_ = 0;
  bool ended_ = false;
};

}  // namespace omnicrm::files
