// Brings a database's schema up to date, forward only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <omnicrm/storage/storage.hpp>

#include "storage/migrations.hpp"

namespace omnicrm::storage {

/// Each migration runs in one transaction together with its row in `schema_migrations`, and looks again
/// inside that transaction whether another process was first. When there is nothing to do, `run` only reads.
/// One thread at a time.
class Migrator {
 public:
  /// What the schema looks like after a migration, kept beside it (empty when the dialect has no such thing).
  using Fingerprint = Result<std::string> (*)(Connection&);

  Migrator(Storage& storage, std::span<const MigrationFile> files, Fingerprint fingerprint = nullptr)
      : storage_(storage), files_(files), fingerprint_(fingerprint) {}

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

  Storage& storage_;
  const std::span<const MigrationFile> files_;
  const Fingerprint fingerprint_;
};

}  // namespace omnicrm::storage
