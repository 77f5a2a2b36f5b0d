#include <algorithm>
#include <string_view>
#include <utility>

#include "core/errors.hpp"
#include "providers/files/mail_fields.hpp"
#include "providers/files/mail_file.hpp"
#include "providers/files/mail_separator.hpp"
#include "providers/files/mailbox_reader.hpp"

namespace omnicrm::files {
namespace {

/// Lines longer than this are no separators, so this much of a line and of the next is enough to know.
constexpr std::size_t kSeparatorBytes = 2048;

/// A buffer grown by one huge message is not kept for all that follow.
constexpr std::size_t kKeptBytes = 4u << 20;

std::string_view without_line_end(std::string_view line) noexcept {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

class MboxReader final : public MailboxReader {
 public:
  MboxReader(std::unique_ptr<MailFile> file, MailboxLimits limits)
      : file_(std::move(file)), limits_(limits), first_(file_->position()) {}

  Result<bool> next(MailboxItem& item) override {
    OMNICRM_ASSIGN(const bool more, start(item));
    if (!more) return false;
    OMNICRM_TRY(read_message(item));
    finish(item);
    return true;
  }

 private:
  /// Passes over blank lines and takes the "From " line.
  Result<bool> start(MailboxItem& item) {
    while (true) {
      OMNICRM_TRY(file_->require(2 * kSeparatorBytes));
      const std::string_view window = file_->window();
      const std::size_t blank = window.find_first_not_of("\r\n");
      if (blank == std::string_view::npos) {
        file_->skip(window.size());
        if (file_->at_end()) return false;
        continue;
      }
      file_->skip(blank);
      if (blank == 0) break;
    }
    if (!separator_here())
      return at_position(first_ == 0 ? ErrorCode::invalid_argument : ErrorCode::failed_precondition,
                         file_->path(), file_->position(),
                         first_ == 0 ? "no \"From \" line, so this is no mbox"
                                     : "no message starts here, so the file changed since it was last read");
    item.path = file_->path();
    if (item.bytes.capacity() > kKeptBytes) std::string().swap(item.bytes);
    item.bytes.clear();
    item.flags.clear();
    item.position = file_->position();
    item.size = 0;
    item.too_large = item.truncated = false;
    blank_tail_ = 0;
    const std::string_view line = line_here();
    item.envelope_date_line = without_line_end(line).substr(5);
    file_->skip(line.size());
    return true;
  }

  std::string_view line_here() const noexcept {
    const std::string_view window = file_->window();
    const std::size_t end = window.find('\n');
    return end == std::string_view::npos ? window : window.substr(0, end + 1);
  }

  /// The window holds this line and enough of the next.
  bool separator_here() const noexcept {
    const std::string_view line = line_here();
    if (line.size() > kSeparatorBytes) return false;
    return is_mbox_separator(without_line_end(line), file_->window().substr(line.size()));
  }

  /// Takes lines up to the next separator or the end. Runs of lines that need no look are added at once.
  Result<void> read_message(MailboxItem& item) {
    bool line_start = true;
    bool after_blank = false;
    while (true) {
      OMNICRM_TRY(file_->require(2 * kSeparatorBytes));
      if (file_->at_end()) return {};
      std::string_view rest = file_->window();
      const char* const begin = rest.data();
      while (!rest.empty()) {
        const char c = rest.front();
        if (line_start && (c == 'F' || c == '>') && special_here(rest, begin, after_blank)) break;
        const std::size_t end = rest.find('\n');
        // A line cut off by the window may be a blank one: look again with a fuller window.
        if (end == std::string_view::npos && !has_enough(rest) && rest.data() != begin) break;
        const std::string_view line = rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
        after_blank =
            line_start && end != std::string_view::npos && line.size() <= 2 && without_line_end(line).empty();
        line_start = end != std::string_view::npos;
        blank_tail_ = after_blank ? line.size() : 0;
        rest.remove_prefix(line.size());
      }
      const auto taken = static_cast<std::size_t>(rest.data() - begin);
      take(item, {begin, taken});
      if (stop_) {
        stop_ = false;
        return {};
      }
      if (unquote_) {
        unquote_ = false;
        // The message has one byte more than what is kept of it.
        ++item.size;
        file_->skip(1);
        OMNICRM_TRY(file_->require(2 * kSeparatorBytes));
        const std::string_view line = line_here();
        take(item, line);
        line_start = line.ends_with('\n');
        after_blank = false;
        blank_tail_ = 0;
      }
    }
  }

  bool has_enough(std::string_view rest) const noexcept {
    return rest.size() >= 2 * kSeparatorBytes || file_->ended();
  }

  /// Whether the scan must stop in front of `rest`: at a separator, at a quoted "From ", or because the
  /// window has too little to tell.
  bool special_here(std::string_view rest, const char* begin, bool after_blank) {
    if (!has_enough(rest) && rest.data() != begin) return true;
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    if (rest.front() == '>') return unquote_ = is_quoted_from(line.substr(0, kSeparatorBytes));
    const std::string_view next = rest.substr(std::min(line.size() + 1, rest.size()));
    return stop_ = after_blank && line.size() < kSeparatorBytes &&
                   is_mbox_separator(without_line_end(line), next);
  }

  void take(MailboxItem& item, std::string_view bytes) {
    item.size += bytes.size();
    if (item.size > limits_.max_message_bytes && !item.too_large) {
      item.too_large = true;
      std::string().swap(item.bytes);
    }
    if (!item.too_large) item.bytes += bytes;
    file_->skip(bytes.size());
  }

  /// The blank line in front of a separator belongs to the separator.
  void finish(MailboxItem& item) {
    item.next = file_->position();
    if (blank_tail_ != 0 && blank_tail_ < item.size) {
      item.size -= blank_tail_;
      if (!item.too_large) item.bytes.resize(item.bytes.size() - blank_tail_);
    }
    if (file_->at_end() && !item.too_large && !item.bytes.ends_with('\n') && blank_tail_ == 0) {
      const MailFields fields = split_fields(item.bytes);
      item.truncated = fields.body.empty();
    }
  }

  std::unique_ptr<MailFile> file_;
  MailboxLimits limits_;
  std::uint64_t first_;
  std::size_t blank_tail_ = 0;
  bool stop_ = false;
  bool unquote_ = false;
};

}  // namespace

Result<std::unique_ptr<MailboxReader>> MailboxReader::open_mbox(std::string path, std::uint64_t offset,
                                                                MailboxLimits limits) {
  OMNICRM_ASSIGN(auto file, MailFile::open(std::move(path), offset, limits.buffer_bytes));
  return std::unique_ptr<MailboxReader>(std::make_unique<MboxReader>(std::move(file), limits));
}

}  // namespace omnicrm::files
