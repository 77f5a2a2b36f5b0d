// A file (or a piece of memory) as UTF-8 text, a window at a time, that knows where in the file it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::files {

/// Bytes in, text out. A UTF-8 byte order mark is dropped; UTF-16 with a byte order mark becomes UTF-8, and
/// positions still count the file's own bytes, so that any position can be resumed at. Other bytes pass as
/// they are (see `text_encoding.hpp` for what readers do about them). Moves; one thread at a time.
class TextSource {
 public:
  /// Errors: as the operating system says (`not_found`, `permission_denied`, ...).
  [[nodiscard]] static Result<TextSource> open(const std::string& path, std::uint64_t position = 0);
  /// Reads `bytes`, which must outlive the source; `name` stands in messages.
  [[nodiscard]] static TextSource from_memory(std::string_view bytes, std::uint64_t position = 0,
                                              std::string name = "(memory)");

  TextSource() = default;
  TextSource(TextSource&& other) noexcept;
  TextSource& operator=(TextSource&& other) noexcept;
  TextSource(const TextSource&) = delete;
  TextSource& operator=(const TextSource&) = delete;
  ~TextSource();

  /// What was read and not yet consumed. Valid until the next call of anything else.
  [[nodiscard]] std::string_view window() const noexcept;
  /// Reads on, so that `window()` grows; false at the end of the file.
  [[nodiscard]] Result<bool> grow();
  /// Drops the first `count` bytes of the window.
  void consume(std::size_t count);
  /// Where in the file `window()` begins.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  /// Where in the file byte `offset` of the window is.
  [[nodiscard]] std::uint64_t position_at(std::size_t offset) const noexcept;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  enum class Encoding { bytes, utf16_le, utf16_be };

  void start(std::uint64_t position, std::string_view head);
  [[nodiscard]] Result<std::size_t> read_some(char* to, std::size_t room);
  void append_utf16(std::string_view bytes, bool at_end);
  [[nodiscard]] std::uint64_t file_bytes(std::string_view text) const noexcept;

  std::string name_;
  int file_ = -1;
  std::string_view memory_;
  std::uint64_t read_position_ = 0;  // where the next read starts
  std::uint64_t position_ = 0;
  Encoding encoding_ = Encoding::bytes;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t next_chunk_ = 0;  // small files stay small
  std::string pending_;         // UTF-16 units that are not whole yet
};

/// One line of a `TextSource` without its end (LF, CR LF or CR).
struct TextLine {
  std::string_view text;       ///< valid until the next line is read
  std::uint64_t position = 0;  ///< where it begins in the file
  bool cut = false;            ///< it was longer than the cap; the rest was read over
};

/// Reads the next line, at most `cap` bytes of it; false at the end. The source then stands behind the line.
class LineReader {
 public:
  explicit LineReader(TextSource source) : source_(std::move(source)) {}
  [[nodiscard]] Result<bool> next(TextLine& line, std::size_t cap);
  /// Where the next line begins.
  [[nodiscard]] std::uint64_t position() const noexcept { return source_.position_at(pending_); }
  [[nodiscard]] const std::string& name() const noexcept { return source_.name(); }

 private:
  [[nodiscard]] Result<bool> skip_rest();

  TextSource source_;
  std::string kept_;         // the start of a line that was longer than the cap
  std::size_t pending_ = 0;  // bytes of the line handed out last, still in the window
};

}  // namespace omnicrm::files
