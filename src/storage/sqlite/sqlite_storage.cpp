#include "storage/sqlite/sqlite_storage.hpp"

#include <shared_mutex>
#include <utility>

#include "core/errors.hpp"
#include "core/fork.hpp"
#include "storage/migrator.hpp"
#include "storage/sqlite/schema_check.hpp"
#include "storage/sqlite/sqlite_backup.hpp"
#include "storage/transaction_frame.hpp"

namespace omnicrm::storage {

SqliteStorage::SqliteStorage(const SqliteOptions& options, std::span<const MigrationFile> migrations)
    : options_(options),
      migrations_(migrations),
      target_(sqlite_target(options.path, this)),
      generation_(fork_generation()),
      readers_(std::make_unique<SqliteReaders>(target_, options)) {}

Result<std::unique_ptr<SqliteStorage>> SqliteStorage::open(const SqliteOptions& options,
                                                           std::span<const MigrationFile> migrations) {
  std::unique_ptr<SqliteStorage> storage(new SqliteStorage(options, migrations));
  const std::string file = storage->target_.is_memory ? std::string() : storage->target_.file;
  if (!file.empty()) OMNICRM_TRY(OpenFile::check(file));
  OMNICRM_ASSIGN(auto connection, open_writer(storage->target_, options));
  storage->file_ = std::make_unique<OpenFile>(file);
  MemoryGate* const gate = storage->target_.is_memory ? &storage->gate_ : nullptr;
  storage->writer_ =
      std::make_unique<SqliteWriter>(std::move(connection), options.busy_timeout, storage.get(), gate);
  return storage;
}

/// Moves what it can of the log into the file without waiting for anybody; the rest stays in the log,
/// where the next one to open the file finds it.
SqliteStorage::~SqliteStorage() {
  if (is_forked()) {
    // "Do not open an SQLite database connection, then fork(2), then try to use that connection in the child
    // process." (sqlite.org/howtocorrupt.html section 2.6): not even to close it. The parent's connections
    // are left alone.
    static_cast<void>(writer_.release());
    static_cast<void>(readers_.release());
    static_cast<void>(file_.release());  // nor is the file to be opened once more here
    return;
  }
  if (writer_ == nullptr || target_.is_memory) return;
  SqliteConnection& connection = writer_->connection();
  connection.wait_until({});
  sqlite3_wal_checkpoint_v2(connection.db(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

bool SqliteStorage::is_forked() const noexcept {
  return fork_generation() != generation_;
}

Result<void> SqliteStorage::write(const Scope& /*scope*/, Work work) {
  if (is_forked()) return forked(target_.path);
  if (TransactionFrame::current(this) != TransactionFrame::Kind::none) {
    return failure(ErrorCode::failed_precondition, "a write inside another transaction of the same storage");
  }
  return writer_->write(work);
}

Result<void> SqliteStorage::read(const Scope& /*scope*/, Work work) {
  return read_on([&](SqliteConnection& connection) { return connection.run(work); });
}

Result<void> SqliteStorage::read_on(FunctionRef<Result<void>(SqliteConnection&)> body) {
  if (is_forked()) return forked(target_.path);
  const auto outer = TransactionFrame::current(this);
  if (outer == TransactionFrame::Kind::write) {
    return failure(ErrorCode::failed_precondition, "a read inside a write of the same storage");
  }
  std::shared_lock<MemoryGate> no_writer;
  if (target_.is_memory && outer == TransactionFrame::Kind::none) no_writer = std::shared_lock(gate_);
  OMNICRM_ASSIGN(auto connection, readers_->take());
  OMNICRM_TRY(connection->control(Control::begin_read));
  Result<void> result;
  {
    const TransactionFrame frame(this, TransactionFrame::Kind::read);
    result = body(*connection);
  }
  // A connection that cannot end its transaction is closed, not kept.
  if (!connection->in_transaction() || connection->control(Control::commit) ||
      connection->control(Control::rollback)) {
    readers_->give_back(std::move(connection));
  }
  return result;
}

Result<void> SqliteStorage::migrate() {
  OMNICRM_TRY(Migrator(*this, migrations_, &schema_fingerprint).run());
  return read_on([&](SqliteConnection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto problems, schema_problems(connection, migrations_));
    if (problems.empty()) return {};
    return failure(ErrorCode::data_loss, target_.path + ": damaged schema: " + problems.front());
  });
}

Result<std::int64_t> SqliteStorage::schema_version() {
  return Migrator(*this, migrations_).version();
}

Result<void> SqliteStorage::backup(const std::string& path) {
  return read_on([&](SqliteConnection& connection) { return copy_database(connection, path); });
}

Result<std::vector<std::string>> SqliteStorage::check() {
  std::vector<std::string> problems;
  OMNICRM_TRY(read_on([&](SqliteConnection& connection) -> Result<void> {
    OMNICRM_ASSIGN(problems, file_problems(connection));
    OMNICRM_ASSIGN(auto schema, schema_problems(connection, migrations_));
    problems.insert(problems.end(), std::make_move_iterator(schema.begin()),
                    std::make_move_iterator(schema.end()));
    return {};
  }));
  return problems;
}

Result<std::unique_ptr<Storage>> sqlite(const SqliteOptions& options) {
  OMNICRM_ASSIGN(auto storage, SqliteStorage::open(options, sqlite_migrations()));
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace omnicrm::storage
