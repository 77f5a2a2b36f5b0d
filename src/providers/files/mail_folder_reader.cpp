#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "providers/files/mail_fields.hpp"
#include "providers/files/mail_file.hpp"
#include "providers/files/mailbox_reader.hpp"

namespace omnicrm::files {
namespace {

/// Most messages are small, and each has a file of its own.
constexpr std::size_t kFileBufferBytes = 64u << 10;
/// A buffer grown by one huge message is not kept for all that follow.
constexpr std::size_t kKeptBytes = 4u << 20;

enum class Kind { file, directory, other };

/// What a directory entry is; links to files count as files, links to directories as nothing.
Kind kind_of(const std::string& path, unsigned char type) {
  if (type == DT_REG) return Kind::file;
  if (type == DT_DIR) return Kind::directory;
  struct stat status {};
  if (type == DT_LNK)
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? Kind::file : Kind::other;
  if (type != DT_UNKNOWN || ::lstat(path.c_str(), &status) != 0) return Kind::other;
  if (S_ISREG(status.st_mode)) return Kind::file;
  return S_ISDIR(status.st_mode) ? Kind::directory : Kind::other;
}

/// Calls `take(path, name, kind)` for every entry but "." and "..".
template <class Take>
Result<void> list_directory(const std::string& path, Take take) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  if (!directory) return system_failure(errno, "open", path);
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) {
      if (errno != 0) return system_failure(errno, "read", path);
      return {};
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string full = path + "/" + std::string(name);
    take(full, name, kind_of(full, entry->d_type));
  }
}

/// The letters behind ":2," (";2," and "!2," on file systems without colons),
/// https://cr.yp.to/proto/maildir.html.
std::vector<std::string> maildir_flags(std::string_view path) {
  struct Flag {
    char letter;
    const char* name;
  };
  constexpr std::array<Flag, 6> kFlags = {
      {{'D', "draft"}, {'F', "flagged"}, {'P', "passed"}, {'R', "replied"}, {'S', "seen"}, {'T', "trashed"}}};
  std::vector<std::string> flags;
  const std::size_t info = path.rfind("2,");
  if (info == std::string_view::npos || info == 0) return flags;
  if (const char before = path[info - 1]; before != ':' && before != ';' && before != '!') return flags;
  for (const char c : path.substr(info + 2))
    for (const Flag& flag : kFlags)
      if (flag.letter == c) flags.emplace_back(flag.name);
  return flags;
}

class FolderReader final : public MailboxReader {
 public:
  FolderReader(std::vector<std::string> paths, bool is_maildir, MailboxLimits limits)
      : paths_(std::move(paths)), is_maildir_(is_maildir), limits_(limits) {}

  Result<bool> next(MailboxItem& item) override {
    if (at_ == paths_.size()) return false;
    // The name is not needed again; on a large folder its memory is.
    const std::string path = std::move(paths_[at_++]);
    item.path = path;  // also when it cannot be opened: the caller says which file, and goes on behind it
    OMNICRM_ASSIGN(auto file, MailFile::open(path, 0, std::min(limits_.buffer_bytes, kFileBufferBytes)));
    if (item.bytes.capacity() > kKeptBytes) std::string().swap(item.bytes);
    item.bytes.clear();
    item.position = 0;
    item.envelope_date_line.clear();
    item.flags = is_maildir_ ? maildir_flags(path) : std::vector<std::string>();
    OMNICRM_TRY(read(*file, item));
    return true;
  }

 private:
  Result<void> read(MailFile& file, MailboxItem& item) {
    item.too_large = file.size() > limits_.max_message_bytes;
    item.size = file.size();
    if (!item.too_large) item.bytes.reserve(file.size());
    while (!item.too_large) {
      OMNICRM_TRY(file.require(1));
      if (file.at_end()) break;
      item.bytes += file.window();
      file.skip(file.window().size());
      item.size = std::max(file.size(), file.position());
      item.too_large = item.size > limits_.max_message_bytes;
    }
    if (item.too_large) std::string().swap(item.bytes);
    item.next = item.size;
    item.truncated = !item.too_large && !item.bytes.empty() && !item.bytes.ends_with('\n') &&
                     split_message_fields(item.bytes).body.empty();
    return {};
  }

  std::vector<std::string> paths_;
  std::size_t at_ = 0;
  bool is_maildir_;
  MailboxLimits limits_;
};

Result<std::unique_ptr<MailboxReader>> make_reader(std::vector<std::string> paths, const std::string& after,
                                                   bool is_maildir, MailboxLimits limits) {
  std::sort(paths.begin(), paths.end());
  if (!after.empty()) paths.erase(paths.begin(), std::upper_bound(paths.begin(), paths.end(), after));
  return std::unique_ptr<MailboxReader>(std::make_unique<FolderReader>(std::move(paths), is_maildir, limits));
}

}  // namespace

Result<std::unique_ptr<MailboxReader>> MailboxReader::open_maildir(const std::string& path,
                                                                   const std::string& after,
                                                                   MailboxLimits limits) {
  std::vector<std::string> paths;
  for (const char* folder : {"/cur", "/new"})
    OMNICRM_TRY(list_directory(path + folder, [&](const std::string& full, std::string_view name, Kind kind) {
      if (kind == Kind::file && !name.starts_with('.')) paths.push_back(full);
    }));
  return make_reader(std::move(paths), after, true, limits);
}

Result<std::unique_ptr<MailboxReader>> MailboxReader::open_eml(std::string path, MailboxLimits limits) {
  // Opened here once so that a wrong path is told now, not at the first message.
  OMNICRM_TRY(MailFile::open(path, 0, limits.buffer_bytes));
  return make_reader({std::move(path)}, {}, false, limits);
}

Result<std::unique_ptr<MailboxReader>> MailboxReader::open_eml_folder(std::string path,
                                                                      const std::string& after,
                                                                      MailboxLimits limits) {
  std::vector<std::string> paths;
  std::vector<std::string> folders{std::move(path)};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    OMNICRM_TRY(list_directory(folder, [&](const std::string& full, std::string_view name, Kind kind) {
      if (kind == Kind::directory) folders.push_back(full);
      const std::string_view ending = name.substr(name.size() - std::min<std::size_t>(name.size(), 4));
      if (kind == Kind::file && text::equals_ignoring_case(ending, ".eml")) paths.push_back(full);
    }));
  }
  return make_reader(std::move(paths), after, false, limits);
}

}  // namespace omnicrm::files
