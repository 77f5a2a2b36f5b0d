#include "providers/files/file_inventory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "providers/files/file_format.hpp"
#include "providers/files/table_rows.hpp"
#include "providers/files/text_source.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t most_ignored = 100;  // of one folder

enum class Kind { file, folder, linked_folder, missing, other };

struct Entry {
  std::string name;
  Kind kind = Kind::other;
  std::int64_t bytes = 0;
};

Kind kind_of(const std::string& path, std::int64_t& bytes) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Kind::missing;
  const bool linked = S_ISLNK(status.st_mode);
  if (linked && ::stat(path.c_str(), &status) != 0) return Kind::missing;
  bytes = static_cast<std::int64_t>(status.st_size);
  if (S_ISREG(status.st_mode)) return Kind::file;
  if (S_ISDIR(status.st_mode)) return linked ? Kind::linked_folder : Kind::folder;
  return Kind::other;
}

/// Sorted by name.
Result<std::vector<Entry>> list_folder(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  if (!folder) return system_failure(errno, "open", path);
  std::vector<Entry> entries;
  for (;;) {
    errno = 0;
    const dirent* found = ::readdir(folder.get());
    if (found == nullptr) {
      if (errno != 0) return system_failure(errno, "read", path);
      break;
    }
    Entry entry{.name = found->d_name};
    if (entry.name == "." || entry.name == "..") continue;
    entry.kind = kind_of(path + '/' + entry.name, entry.bytes);
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

/// The first bytes, as UTF-8.
Result<std::string> head_of(const std::string& path) {
  OMNICRM_ASSIGN(TextSource source, TextSource::open(path));
  bool more = true;
  while (more && source.window().size() < format_head_bytes) {
    OMNICRM_ASSIGN(more, source.grow());
  }
  return std::string(source.window().substr(0, format_head_bytes));
}

bool has_folder(const std::vector<Entry>& entries, std::string_view name) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Entry& entry) { return entry.kind == Kind::folder && entry.name == name; });
}

/// https://cr.yp.to/proto/maildir.html; "tmp" may be missing in a copy.
bool is_maildir(const std::vector<Entry>& entries) {
  return has_folder(entries, "cur") && has_folder(entries, "new");
}

std::string no_permission(const Error& error) {
  const bool denied = error.code == ErrorCode::permission_denied;
  return (denied ? "no permission: " : "cannot be read: ") + error.message;
}

/// What this build leaves out becomes an ignored entry that says so.
void check_build(PlanFile& file) {
#if !OMNICRM_HAVE_GMIME
  if (file.format == "mbox" || file.format == "maildir" || file.format == "eml") {
    file.format = "ignored";
    file.note = "this build reads no mail (made without GMime)";
  }
#endif
#if !OMNICRM_HAVE_ICAL
  if (file.format == "ics") {
    file.format = "ignored";
    file.note = "this build reads no calendars (made without libical)";
  }
#endif
  (void)file;
}

/// One walk.
class Inventory {
 public:
  Inventory(const SyncSource& source, const std::stop_token& stop) : source_(source), stop_(stop) {}

  Result<std::vector<PlanFile>> run() {
    if (source_.paths.empty()) return invalid("source.paths", "names nothing to read");
    for (const std::string& path : source_.paths) OMNICRM_TRY(add_named(path));
    return std::move(files_);
  }

 private:
  Result<void> check_stop() const {
    if (stop_.stop_requested()) return failure(ErrorCode::cancelled, "stopped while looking for files");
    return {};
  }

  Result<void> add_named(const std::string& given) {
    if (given.empty() || given.find('\0') != std::string::npos)
      return invalid("source.paths", "has an empty path");
    std::error_code error;
    const auto absolute = std::filesystem::absolute(given, error);
    if (error) return system_failure(error.value(), "find", given);
    std::string path = absolute.lexically_normal().string();
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();

    const std::size_t before = files_.size();
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return system_failure(errno, "open", path);
    if (S_ISDIR(status.st_mode)) {
      OMNICRM_TRY(walk(path));
    } else if (S_ISREG(status.st_mode)) {
      OMNICRM_ASSIGN(PlanFile file, classify(path, status.st_size));
      add(std::move(file));
    } else {
      return invalid("source.paths", path + " is neither a file nor a folder");
    }
    std::sort(files_.begin() + static_cast<std::ptrdiff_t>(before), files_.end(),
              [](const PlanFile& a, const PlanFile& b) { return a.path < b.path; });
    return {};
  }

  /// A path is one scope, however often it is named.
  void add(PlanFile file) {
    check_build(file);
    if (paths_.insert(file.path).second) files_.push_back(std::move(file));
  }

  void add_ignored(std::string path, std::string note, std::int64_t bytes = 0) {
    add({.path = std::move(path), .format = "ignored", .bytes = bytes, .note = std::move(note)});
  }

  Result<PlanFile> classify(const std::string& path, std::int64_t bytes) const {
    OMNICRM_TRY(check_stop());
    OMNICRM_ASSIGN(const std::string head, head_of(path));
    FileFormat found = detect_format(path.substr(path.rfind('/') + 1), head);
    PlanFile file{
        .path = path, .format = std::string(found.format), .bytes = bytes, .note = std::move(found.note)};
    if (file.format == "csv") {
      OMNICRM_ASSIGN(const TableMapping mapping, table_mapping(path, source_.column_mapping));
      file.note = mapping.preset;
      file.mapping = mapping_json(mapping);
      if (!mapping.has_people()) {
        file.format = "ignored";
        file.note = "a table, but no column names or reaches a person: map its columns to read it";
      }
    }
    return file;
  }

  Result<void> walk(const std::string& root) {
    std::vector<std::string> folders{root};
    while (!folders.empty()) {
      OMNICRM_TRY(check_stop());
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      auto entries = list_folder(folder);
      if (!entries) {
        if (folder == root) return fail(std::move(entries).error());
        add_ignored(folder, no_permission(entries.error()));
        continue;
      }
      OMNICRM_TRY(add_folder(folder, *entries, folders));
    }
    return {};
  }

  Result<void> add_folder(const std::string& folder, const std::vector<Entry>& entries,
                          std::vector<std::string>& folders) {
    const std::string below = folder == "/" ? folder : folder + '/';
    const bool maildir = is_maildir(entries);
    if (maildir) add_maildir(folder);
    std::vector<PlanFile> messages;
    std::size_t ignored = 0;
    for (const Entry& entry : entries) {
      const std::string path = below + entry.name;
      const bool hidden = entry.name.starts_with('.');
      if (entry.kind == Kind::folder) {
        const bool own = maildir && (entry.name == "cur" || entry.name == "new" || entry.name == "tmp");
        if (!own && (!hidden || is_maildir_at(path))) folders.push_back(path);
        continue;
      }
      if (hidden) continue;
      PlanFile file = look_at(path, entry);
      if (stop_.stop_requested()) return check_stop();
      if (file.format == "eml" && !maildir) {
        messages.push_back(std::move(file));
      } else if (file.format != "ignored" || ++ignored <= most_ignored) {
        add(std::move(file));
      }
    }
    add_messages(folder, std::move(messages));
    if (ignored > most_ignored) {
      add_ignored(below + '*',
                  "and " + std::to_string(ignored - most_ignored) + " more files that are not read here");
    }
    return {};
  }

  PlanFile look_at(const std::string& path, const Entry& entry) const {
    PlanFile file{.path = path, .format = "ignored", .bytes = entry.bytes, .note = {}};
    switch (entry.kind) {
      case Kind::linked_folder:
        file.note = "a link to a folder: name that folder to read it";
        return file;
      case Kind::missing:
        file.note = "a link to nothing, or gone";
        return file;
      case Kind::file:
        break;
      default:
        file.note = "neither a file nor a folder";
        return file;
    }
    auto found = classify(path, entry.bytes);
    if (found) return std::move(*found);
    file.note = no_permission(found.error());
    return file;
  }

  /// Several messages are one scope, the folder; a single one is its own.
  void add_messages(const std::string& folder, std::vector<PlanFile> messages) {
    if (messages.size() == 1) return add(std::move(messages.front()));
    if (messages.empty()) return;
    PlanFile scope{.path = folder, .format = "eml", .note = {}};
    for (const PlanFile& message : messages) scope.bytes += message.bytes;
    add(std::move(scope));
  }

  static bool is_maildir_at(const std::string& path) {
    const auto entries = list_folder(path);
    return entries && is_maildir(*entries);
  }

  void add_maildir(const std::string& folder) {
    PlanFile scope{.path = folder, .format = "maildir", .note = {}};
    for (const char* part : {"/cur", "/new"}) {
      const auto entries = list_folder(folder + part);
      if (!entries) return add_ignored(folder, no_permission(entries.error()));
      for (const Entry& entry : *entries) {
        if (entry.kind == Kind::file && !entry.name.starts_with('.')) scope.bytes += entry.bytes;
      }
    }
    add(std::move(scope));
  }

  const SyncSource& source_;
  const std::stop_token& stop_;
  std::vector<PlanFile> files_;
  std::set<std::string> paths_;
};

}  // namespace

Result<std::vector<PlanFile>> inventory_files(const SyncSource& source, const std::stop_token& stop) {
  return Inventory(source, stop).run();
}

}  // namespace omnicrm::files
