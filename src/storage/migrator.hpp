// Brings a database's schema up to date, forward only.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/storage/storage.hpp>

#include "storage/migrations.hpp"

namespace omnicrm::storage {

/// Each migration runs in one transaction together with its row in `schema_migrations`, and looks again
/// inside that transaction whether another process was first. One that is marked runs before that
/// transaction. When there is nothing to do, `run` only reads. One thread at a time.
class Migrator {
 public:
  /// What the schema looks like after a migration, kept beside it (empty when the dialect has no such thing).
  using Fingerprint = Result<std::string> (*)(Connection&);

  struct Hooks {
    Fingerprint fingerprint = nullptr;
    /// What is run in a file's place.
    std::function<Result<std::string>(Connection&, std::string_view sql)> adapt = {};
    /// Runs a file that is marked with `outside_mark`.
    std::function<Result<void>(std::string_view sql)> run_outside = {};
  };

  Migrator(Storage& storage, std::span<const MigrationFile> files, Fingerprint fingerprint = nullptr)
      : storage_(storage), files_(files), hooks_{.fingerprint = fingerprint} {}
  Migrator(Storage& storage, std::span<const MigrationFile> files, Hooks hooks)
      : storage_(storage), files_(files), hooks_(std::move(hooks)) {}

  /// Errors: `failed_precondition` (the schema is newer than this library), `data_loss` (an applied migration
  /// was altered or is missing), and what the SQL gave.
  Result<void> run();
  /// Number of the last applied migration.
  Result<std::int64_t> version();

 private:
  struct Applied {
    std::int64_t number = 0;
    std::string name;
    std::string checksum;
  };

  Result<std::vector<Applied>> applied(Connection& connection);
  Result<void> verify(const std::vector<Applied>& rows) const;
  Result<void> apply(Connection& connection, std::size_t index);
  Result<void> run_file(Connection& connection, std::string_view sql) const;

  Storage& storage_;
  const std::span<const MigrationFile> files_;
  const Hooks hooks_;
};

}  // namespace omnicrm::storage
