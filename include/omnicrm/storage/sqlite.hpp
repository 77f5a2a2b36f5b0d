// The embedded default: one SQLite file.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

/// @since 0.1
struct SqliteOptions {
  /// A file, made when missing (for its owner only); or `:memory:` for a database that ends with its
  /// `Storage`, where a write waits for the reads before it and they for it.
  std::string path = "omnicrm.db";
  /// How long a transaction waits for another process before it is `unavailable`.
  std::chrono::milliseconds busy_timeout{10'000};
  /// Sync the log to the disk at every commit. False: a power cut may lose the last commits, never the
  /// file's soundness; a crash of the process loses nothing either way.
  bool full_sync = true;
  /// Page cache of the writer and of each reader, in KiB.
  std::int64_t writer_cache_kib = 16'384;
  std::int64_t reader_cache_kib = 4'096;
  /// Readers kept open; more are opened while more threads read at once.
  std::size_t idle_readers = 4;
};

/// Opens (or makes) the database; does not migrate. Errors: `data_loss` (not a database, damaged),
/// `permission_denied`, `failed_precondition` (another program's database), `unavailable` (locked).
/// @since 0.1
[[nodiscard]] Result<std::unique_ptr<Storage>> sqlite(const SqliteOptions& options);

}  // namespace omnicrm::storage
