// Storage on a PostgreSQL server: a pool for the users' transactions, one for the library's own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/storage/postgres.hpp>

#include "storage/migrations.hpp"
#include "storage/postgres/pg_replica.hpp"
#include "storage/transaction_frame.hpp"

namespace omnicrm::storage {

class PgStorage final : public Storage {
 public:
  /// `migrations` must outlive the storage.
  [[nodiscard]] static Result<std::unique_ptr<PgStorage>> open(const PostgresOptions& options,
                                                               std::span<const MigrationFile> migrations);
  ~PgStorage() override;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::postgres; }
  Result<void> read(const Scope& scope, Work work) override;
  Result<void> write(const Scope& scope, Work work) override;
  Result<void> migrate() override;
  Result<std::int64_t> schema_version() override;
  Result<void> backup(const std::string& path) override;
  Result<std::vector<std::string>> check() override;
  Result<std::unique_ptr<Signals>> signals(std::function<void(std::string_view text)> heard) override;
  [[nodiscard]] StorageStats stats() const noexcept override;

  /// For tests and metrics.
  [[nodiscard]] PgPool& pool() noexcept { return *users_; }
  [[nodiscard]] PgReplica* replica() noexcept { return replica_.get(); }

 private:
  using Access = PgConnection::Access;
  PgStorage(const PostgresOptions& options, std::span<const MigrationFile> migrations);
  [[nodiscard]] bool is_forked() const noexcept;
  [[nodiscard]] PgPool& pool_of(const Scope& scope) noexcept;
  Result<void> repeat(const Scope& scope, Work work, Access access);
  /// A migration's text as this database has its tables: with partitions, or without.
  Result<std::string> adapt(Connection& connection, std::string_view sql) const;
  Result<void> run_outside(std::string_view sql) const;
  [[nodiscard]] const std::string& library_url() const noexcept;
  /// The tables that a commit let grow; what fails is left to autovacuum.
  void tend(const PgInserted& inserted) noexcept;
  /// Nothing: the primary has to do it.
  std::optional<Result<void>> read_from_replica(const Scope& scope, Work work);
  Result<void> run_once(PgConnection& connection, const Scope& scope, Work work, Access access);
  Result<void> run_in(PgConnection& connection, Work work, TransactionFrame::Kind kind);

  const PostgresOptions options_;
  const std::span<const MigrationFile> migrations_;
  const std::uint64_t generation_;  // of the process that made it, see core/fork.hpp
  PgGrowth growth_;
  std::unique_ptr<PgPool> users_;
  std::unique_ptr<PgPool> library_;     // null: the same role
  std::unique_ptr<PgReplica> replica_;  // null: none
};

}  // namespace omnicrm::storage
