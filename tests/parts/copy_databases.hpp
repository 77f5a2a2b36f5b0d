// Databases to copy, of every kind, and what must be equal of them afterwards.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/options.hpp>
#include <omnicrm/storage/storage.hpp>

#include "parts/temporary_folder.hpp"

namespace omnicrm::testing {

/// The storages that there are in this build: "sqlite", "postgresql".
[[nodiscard]] const std::vector<std::string>& storage_kinds();

/// Gone with the test. One thread.
class CopyDatabases {
 public:
  CopyDatabases() = default;
  ~CopyDatabases();
  CopyDatabases(const CopyDatabases&) = delete;
  CopyDatabases& operator=(const CopyDatabases&) = delete;

  /// A new, empty database: a file that is not made yet, or a migrated schema whose sessions have the rights
  /// of an application alone.
  [[nodiscard]] Options make(std::string_view kind);
  [[nodiscard]] std::string file(std::string_view name) const { return folder_.file(name); }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> servers_;
  int files_ = 0;
};

/// Two users ("ada", "bob") with the same real mail, a calendar, people, labels, tasks, settings, a running
/// and a waiting job, and a few rows in every table that nothing writes to today.
void fill(const Options& options, const std::string& folder);

/// What users see, line by line: digests, the audit chain, what searches find. Two databases with the same
/// rows say the same.
[[nodiscard]] std::vector<std::string> seen_by_users(const Options& options);

/// Rows of every table that is copied.
[[nodiscard]] std::int64_t count_rows(const Options& options);

/// The storage itself, migrated.
[[nodiscard]] std::shared_ptr<storage::Storage> open_at(const Options& options);

}  // namespace omnicrm::testing
