// Messages of an mbox, a maildir, a folder of single messages or one of them, as items.
#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "providers/files/file_format.hpp"
#include "providers/files/item_readers.hpp"
#include "providers/files/item_support.hpp"
#include "providers/files/mail_file.hpp"
#include "providers/files/mail_message_id.hpp"
#include "providers/files/mailbox_reader.hpp"

namespace omnicrm::files {
namespace {

/// Read of a message over the cap, for its Message-ID.
constexpr std::size_t large_header_bytes = std::size_t{256} << 10;
/// Single messages are mostly small.
constexpr std::size_t file_buffer_bytes = std::size_t{64} << 10;

MailboxLimits limits_of(const SyncSource& source) {
  MailboxLimits limits;
  limits.max_message_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(source.max_item_bytes, 0));
  return limits;
}

/// Apple Mail puts the number of bytes on a line before the message and a property list behind it.
void strip_emlx(MailboxItem& item) {
  const std::size_t line = item.bytes.find('\n');
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(item.bytes.data(), item.bytes.data() + item.bytes.size(), length);
  if (line == std::string::npos || error != std::errc() ||
      !text::trim(std::string_view(end, item.bytes.data() + line)).empty()) {
    return;
  }
  item.bytes.erase(0, line + 1);
  if (length < item.bytes.size()) item.bytes.resize(length);
}

/// The single messages right in one folder, by the same rule as the inventory: `.eml` files always, others if
/// they begin like a message.
class MessageFolder final : public MailboxReader {
 public:
  MessageFolder(std::vector<std::string> paths, MailboxLimits limits)
      : paths_(std::move(paths)), limits_(limits) {}

  static Result<std::unique_ptr<MailboxReader>> open(const std::string& folder, std::string_view after,
                                                     MailboxLimits limits) {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), &::closedir);
    if (!entries) return system_failure(errno, "open", folder);
    std::vector<std::string> paths;
    while (const dirent* entry = ::readdir(entries.get())) {
      if (entry->d_name[0] == '.') continue;
      std::string path = (folder == "/" ? folder : folder + '/') + entry->d_name;
      struct stat status {};
      if (path > after && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
        paths.push_back(std::move(path));
      }
    }
    std::sort(paths.begin(), paths.end());
    return std::unique_ptr<MailboxReader>(std::make_unique<MessageFolder>(std::move(paths), limits));
  }

  Result<bool> next(MailboxItem& item) override {
    while (at_ < paths_.size()) {
      item.path = std::move(paths_[at_++]);
      OMNICRM_ASSIGN(const bool taken, read(item));
      if (taken) return true;
    }
    return false;
  }

 private:
  Result<bool> read(MailboxItem& item) {
    item.bytes.clear();
    OMNICRM_ASSIGN(auto file, MailFile::open(item.path, 0, file_buffer_bytes));
    OMNICRM_TRY(file->require(format_head_bytes));
    const std::string_view name = std::string_view(item.path).substr(item.path.rfind('/') + 1);
    if (detect_format(name, file->window().substr(0, format_head_bytes)).format != "eml") return false;
    item.size = file->size();
    item.too_large = item.size > limits_.max_message_bytes;
    while (!item.too_large && !file->at_end()) {
      item.bytes += file->window();
      file->skip(file->window().size());
      OMNICRM_TRY(file->require(1));
      item.too_large = item.bytes.size() > limits_.max_message_bytes;
    }
    if (item.too_large) std::string().swap(item.bytes);
    return true;
  }

  std::vector<std::string> paths_;
  std::size_t at_ = 0;
  MailboxLimits limits_;
};

/// The date of an mbox envelope line, which is asctime's in the time of whoever wrote it: taken as UTC.
std::string envelope_date(std::string_view line) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  std::string clock;
  for (const std::string_view word : text::split(line, ' ')) {
    const bool number = !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
    const std::size_t found = word.size() == 3 ? months.find(word) : std::string_view::npos;
    if (number && word.size() == 4) std::from_chars(word.data(), word.data() + 4, year);
    if (number && word.size() <= 2) std::from_chars(word.data(), word.data() + word.size(), day);
    if (month == 0 && found != std::string_view::npos && found % 3 == 0)
      month = static_cast<unsigned>(found / 3 + 1);
    if (word.size() >= 5 && word.size() <= 8 && word[2] == ':')
      clock = word.size() == 5 ? std::string(word) + ":00" : word;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (year == 0 || !date.ok() || clock.empty()) return {};
  std::string text = to_string_date(std::chrono::sys_days(date)) + 'T' + clock + 'Z';
  return parse_timestamp(text) ? text : std::string();
}

/// The last line is not whole, and no blank line came before it.
bool ends_in_header(std::string_view bytes) noexcept {
  return !bytes.empty() && !bytes.ends_with('\n') && bytes.find("\n\n") == std::string_view::npos &&
         bytes.find("\n\r\n") == std::string_view::npos;
}

class MailItems final : public sync::SourceReader {
 public:
  MailItems(std::unique_ptr<MailboxReader> reader, const PlanFile& scope, const MailboxLimits& limits)
      : reader_(std::move(reader)),
        is_mbox_(scope.format == "mbox"),
        folder_(folder_label(scope.path)),
        limits_(limits) {}

  Result<bool> next(sync::SourceItem& item) override {
    start_item(item, "mail", "message/rfc822");
    auto found = reader_->next(mail_);
    if (!found && !is_mbox_) return broken_file(item, found.error());
    OMNICRM_TRY(found);
    if (!*found) return false;
    if (mail_.path.ends_with(".emlx")) strip_emlx(mail_);
    describe(item);
    if (mail_.too_large) {
      OMNICRM_TRY(name_large(item));
      too_large(item, mail_.size, limits_.max_message_bytes);
    } else if (mail_.truncated || ends_in_header(mail_.bytes)) {
      // Not by its Message-ID: the whole message may be read from another file.
      item.source_id = hashed_id(mail_.bytes);
      poison(item, "truncated",
             "the file ends inside the message's header, at byte " +
                 std::to_string(mail_.position + mail_.size));
    } else if (mail_.bytes.empty()) {
      item.source_id = hashed_id(mail_.bytes);
      poison(item, "empty", "there are no bytes");
    } else {
      item.source_id = named_id(mail_message_id(mail_.bytes), mail_.bytes);
      item.size = static_cast<std::int64_t>(mail_.bytes.size());
      item.payload.swap(mail_.bytes);
    }
    return true;
  }

 private:
  void describe(sync::SourceItem& item) const {
    item.size = static_cast<std::int64_t>(mail_.size);
    item.next = is_mbox_ ? std::to_string(mail_.next) : mail_.path;
    ObjectText origin;
    origin.text("path", mail_.path).number("position", mail_.position).text("folder", folder_);
    origin.texts("flags", mail_.flags);
    if (!mail_.envelope_date_line.empty()) {
      if (const std::string date = envelope_date(mail_.envelope_date_line); !date.empty()) {
        origin.text("envelope_date", date);
      }
    }
    item.origin = origin.finish();
  }

  /// One file of a folder that cannot be read; the others can.
  Result<bool> broken_file(sync::SourceItem& item, const Error& error) const {
    item.origin =
        ObjectText().text("path", mail_.path).number("position", 0).text("folder", folder_).finish();
    item.next = mail_.path;
    item.source_id = hashed_id("file:" + mail_.path);
    poison(item, "unreadable", error.message);
    return true;
  }

  /// The message was not kept: its header is read again for its name.
  Result<void> name_large(sync::SourceItem& item) const {
    OMNICRM_ASSIGN(const FileBytes file, FileBytes::open(mail_.path));
    OMNICRM_ASSIGN(
        std::string head,
        file.read(mail_.position, mail_.position + std::min<std::uint64_t>(mail_.size, large_header_bytes)));
    std::string_view message = head;
    if (is_mbox_) message.remove_prefix(std::min(message.find('\n') + 1, message.size()));
    item.source_id =
        named_id(mail_message_id(message), std::to_string(mail_.size) + '\n' + std::string(message));
    return {};
  }

  std::unique_ptr<MailboxReader> reader_;
  bool is_mbox_;
  std::string folder_;
  MailboxLimits limits_;
  MailboxItem mail_;
};

Result<std::unique_ptr<MailboxReader>> open_reader(const PlanFile& scope, std::string_view position,
                                                   const MailboxLimits& limits) {
  if (scope.format == "mbox") {
    OMNICRM_ASSIGN(const std::uint64_t offset, parse_position(position));
    return MailboxReader::open_mbox(scope.path, offset, limits);
  }
  if (scope.format == "maildir")
    return MailboxReader::open_maildir(scope.path, std::string(position), limits);
  struct stat status {};
  if (::stat(scope.path.c_str(), &status) != 0) return system_failure(errno, "open", scope.path);
  if (S_ISDIR(status.st_mode)) return MessageFolder::open(scope.path, position, limits);
  std::vector<std::string> paths;
  if (position.empty()) paths.push_back(scope.path);
  return std::unique_ptr<MailboxReader>(std::make_unique<MessageFolder>(std::move(paths), limits));
}

}  // namespace

ReaderResult mail_items(const PlanFile& scope, std::string_view position, const SyncSource& source) {
  const MailboxLimits limits = limits_of(source);
  OMNICRM_ASSIGN(auto reader, open_reader(scope, position, limits));
  return std::unique_ptr<sync::SourceReader>(std::make_unique<MailItems>(std::move(reader), scope, limits));
}

}  // namespace omnicrm::files
