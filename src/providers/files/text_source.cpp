#include "providers/files/text_source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/errors.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t first_chunk = std::size_t{16} << 10;
constexpr std::size_t largest_chunk = std::size_t{256} << 10;

void append_code_point(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::size_t line_end(std::string_view text, std::size_t from) noexcept {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\n' || text[i] == '\r') return i;
  }
  return std::string_view::npos;
}

}  // namespace

Result<TextSource> TextSource::open(const std::string& path, std::uint64_t position) {
  TextSource source;
  source.name_ = path;
  source.file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (source.file_ < 0) return system_failure(errno, "open", path);
  char head[3];
  const ssize_t got = ::pread(source.file_, head, sizeof(head), 0);
  if (got < 0) return system_failure(errno, "read", path);
  source.start(position, std::string_view(head, static_cast<std::size_t>(got)));
  return source;
}

TextSource TextSource::from_memory(std::string_view bytes, std::uint64_t position, std::string name) {
  TextSource source;
  source.name_ = std::move(name);
  source.memory_ = bytes;
  source.start(position, bytes.substr(0, 3));
  return source;
}

void TextSource::start(std::uint64_t position, std::string_view head) {
  std::uint64_t mark = 0;
  if (head == "\xEF\xBB\xBF") {
    mark = 3;
  } else if (head.substr(0, 2) == "\xFF\xFE") {
    encoding_ = Encoding::utf16_le;
    mark = 2;
  } else if (head.substr(0, 2) == "\xFE\xFF") {
    encoding_ = Encoding::utf16_be;
    mark = 2;
  }
  next_chunk_ = first_chunk;
  position_ = std::max(position, mark);
  read_position_ = position_;
}

TextSource::TextSource(TextSource&& other) noexcept {
  *this = std::move(other);
}

TextSource& TextSource::operator=(TextSource&& other) noexcept {
  if (this == &other) return *this;
  if (file_ >= 0) ::close(file_);
  name_ = std::move(other.name_);
  file_ = std::exchange(other.file_, -1);
  memory_ = other.memory_;
  read_position_ = other.read_position_;
  position_ = other.position_;
  encoding_ = other.encoding_;
  buffer_ = std::move(other.buffer_);
  begin_ = other.begin_;
  pending_ = std::move(other.pending_);
  next_chunk_ = other.next_chunk_;
  return *this;
}

TextSource::~TextSource() {
  if (file_ >= 0) ::close(file_);
}

std::string_view TextSource::window() const noexcept {
  return std::string_view(buffer_).substr(begin_);
}

Result<std::size_t> TextSource::read_some(char* to, std::size_t room) {
  if (file_ < 0) {
    const std::size_t at = static_cast<std::size_t>(std::min<std::uint64_t>(read_position_, memory_.size()));
    const std::size_t count = std::min(room, memory_.size() - at);
    if (count > 0) std::memcpy(to, memory_.data() + at, count);
    read_position_ += count;
    return count;
  }
  for (;;) {
    const ssize_t got = ::pread(file_, to, room, static_cast<off_t>(read_position_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(errno, "read", name_);
    read_position_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
}

Result<bool> TextSource::grow() {
  if (file_ < 0 && read_position_ >= memory_.size() && pending_.empty()) return false;
  const std::size_t left =
      file_ < 0
          ? memory_.size() - static_cast<std::size_t>(std::min<std::uint64_t>(read_position_, memory_.size()))
          : largest_chunk;
  const std::size_t chunk =
      std::min(left, std::exchange(next_chunk_, std::min(next_chunk_ * 4, largest_chunk)));
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  if (encoding_ == Encoding::bytes) {
    const std::size_t old = buffer_.size();
    buffer_.resize(old + chunk);
    auto got = read_some(buffer_.data() + old, chunk);
    buffer_.resize(old + (got ? *got : 0));
    OMNICRM_TRY(got);
    return *got > 0;
  }
  std::string raw(chunk, '\0');
  OMNICRM_ASSIGN(const std::size_t got, read_some(raw.data(), raw.size()));
  raw.resize(got);
  const std::size_t before = buffer_.size();
  append_utf16(raw, got == 0);
  return buffer_.size() > before || got > 0;
}

void TextSource::append_utf16(std::string_view bytes, bool at_end) {
  pending_.append(bytes);
  const auto unit = [this](std::size_t i) {
    const auto first = static_cast<std::uint8_t>(pending_[i]);
    const auto second = static_cast<std::uint8_t>(pending_[i + 1]);
    return static_cast<std::uint32_t>(encoding_ == Encoding::utf16_le ? first | (second << 8)
                                                                      : (first << 8) | second);
  };
  std::size_t i = 0;
  while (i + 1 < pending_.size()) {
    std::uint32_t c = unit(i);
    std::size_t used = 2;
    if (c >= 0xD800 && c < 0xDC00) {
      if (i + 3 >= pending_.size() && !at_end) break;
      const std::uint32_t low = i + 3 < pending_.size() ? unit(i + 2) : 0;
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        used = 4;
      } else {
        c = 0xFFFD;
      }
    } else if (c >= 0xDC00 && c < 0xE000) {
      c = 0xFFFD;
    }
    append_code_point(buffer_, c);
    i += used;
  }
  pending_.erase(0, i);
  if (at_end) pending_.clear();
}

std::uint64_t TextSource::file_bytes(std::string_view text) const noexcept {
  if (encoding_ == Encoding::bytes) return text.size();
  std::uint64_t bytes = 0;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xC0) != 0x80) bytes += byte >= 0xF0 ? 4 : 2;
  }
  return bytes;
}

std::uint64_t TextSource::position_at(std::size_t offset) const noexcept {
  return position_ + file_bytes(window().substr(0, offset));
}

void TextSource::consume(std::size_t count) {
  count = std::min(count, buffer_.size() - begin_);
  position_ += file_bytes(window().substr(0, count));
  begin_ += count;
}

Result<bool> LineReader::skip_rest() {
  for (;;) {
    const std::string_view window = source_.window();
    const std::size_t end = line_end(window, 0);
    if (end != std::string_view::npos && (window[end] == '\n' || end + 1 < window.size())) {
      pending_ = end + (window[end] == '\r' && window[end + 1] == '\n' ? 2 : 1);
      return true;
    }
    source_.consume(end == std::string_view::npos ? window.size() : end);
    OMNICRM_ASSIGN(const bool more, source_.grow());
    if (more) continue;
    pending_ = source_.window().size();
    return true;
  }
}

Result<bool> LineReader::next(TextLine& line, std::size_t cap) {
  source_.consume(pending_);
  pending_ = 0;
  line.cut = false;
  line.position = source_.position();
  std::size_t scanned = 0;
  for (;;) {
    const std::string_view window = source_.window();
    const std::size_t end = line_end(window, scanned);
    // A CR at the very end of the window may be half of a CR LF.
    if (end != std::string_view::npos && (window[end] == '\n' || end + 1 < window.size())) {
      const bool pair = window[end] == '\r' && window[end + 1] == '\n';
      line.text = window.substr(0, std::min(end, cap));
      line.cut = end > cap;
      pending_ = end + (pair ? 2 : 1);
      return true;
    }
    if (end == std::string_view::npos && window.size() > cap + 1) {
      kept_.assign(window.substr(0, cap));
      line.cut = true;
      OMNICRM_TRY(skip_rest());
      line.text = kept_;
      return true;
    }
    scanned = end == std::string_view::npos ? window.size() : end;
    OMNICRM_ASSIGN(const bool more, source_.grow());
    if (more) continue;
    const std::string_view rest = source_.window();
    if (rest.empty()) return false;
    const std::size_t length = rest.back() == '\r' ? rest.size() - 1 : rest.size();
    line.text = rest.substr(0, std::min(length, cap));
    line.cut = length > cap;
    pending_ = rest.size();
    return true;
  }
}

}  // namespace omnicrm::files
