// Storage on one SQLite file: a writer with group commit, and readers beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <omnicrm/storage/sqlite.hpp>

#include "storage/migrations.hpp"
#include "storage/sqlite/memory_gate.hpp"
#include "storage/sqlite/open_files.hpp"
#include "storage/sqlite/sqlite_readers.hpp"
#include "storage/sqlite/sqlite_writer.hpp"

namespace omnicrm::storage {

class SqliteStorage final : public Storage {
 public:
  /// `migrations` must outlive the storage.
  [[nodiscard]] static Result<std::unique_ptr<SqliteStorage>> open(const SqliteOptions& options,
                                                                   std::span<const MigrationFile> migrations);
  ~SqliteStorage() override;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::sqlite; }
  Result<void> read(const Scope& scope, Work work) override;
  Result<void> write(const Scope& scope, Work work) override;
  Result<void> migrate() override;
  Result<std::int64_t> schema_version() override;
  Result<void> backup(const std::string& path) override;
  Result<std::vector<std::string>> check() override;

  /// For tests; nobody may write meanwhile.
  [[nodiscard]] SqliteWriter& writer() noexcept { return *writer_; }

 private:
  SqliteStorage(const SqliteOptions& options, std::span<const MigrationFile> migrations);
  /// Whether this is a child of the process that opened the database; it must not touch the connections.
  [[nodiscard]] bool is_forked() const noexcept;
  Result<void> read_on(FunctionRef<Result<void>(SqliteConnection&)> body);

  const SqliteOptions options_;
  const std::span<const MigrationFile> migrations_;
  const SqliteTarget target_;
  const std::uint64_t generation_;  // of the process that opened it, see core/fork.hpp
  std::unique_ptr<OpenFile> file_;  // gone after the connections
  MemoryGate gate_;                 // used by an in-memory database only
  std::unique_ptr<SqliteWriter> writer_;
  std::unique_ptr<SqliteReaders> readers_;
};

}  // namespace omnicrm::storage
