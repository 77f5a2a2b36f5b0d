#include "storage/postgres/pg_storage.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "core/fork.hpp"
#include "storage/migrator.hpp"
#include "storage/postgres/pg_check.hpp"
#include "storage/postgres/pg_listener.hpp"
#include "storage/postgres/pg_online.hpp"
#include "storage/postgres/pg_partitions.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

using Clock = std::chrono::steady_clock;

/// Whoever migrates holds this lock of the database; 'OCRM'. It is asked for again and again: a statement
/// that waited would hold a snapshot, and CREATE INDEX CONCURRENTLY waits for all of those.
constexpr std::string_view migration_lock = "SELECT CAST(pg_try_advisory_xact_lock(1329811021) AS integer)";
constexpr std::string_view no_timeouts = "SET LOCAL idle_in_transaction_session_timeout = 0";

/// In a transaction of the connection's, which it must keep open.
Result<void> take_migration_lock(PgLink& link) {
  link.send("BEGIN");
  while (true) {
    PgResult reply;
    link.send(migration_lock, PgParameters(), {}, &reply);
    link.send(no_timeouts);  // and takes the place of the query, whose snapshot goes with it
    OMNICRM_TRY(link.settle());
    if (pg_integer(PQftype(reply.get(), 0), {PQgetvalue(reply.get(), 0, 0), 4}) != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

constexpr std::size_t most_partitions = 1'024;

bool is_schema_name(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= 63 && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), fits);
}

/// A raw @ or / in a URI's password makes libpq take the rest of it for a host, a port or a database, which
/// its messages quote. At most one @, and that before the first slash.
bool has_plain_userinfo(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return true;  // keywords and values
  url = url.substr(scheme + 3);
  url = url.substr(0, url.find('?'));
  return std::count(url.begin(), url.end(), '@') <= 1 &&
         (url.find('@') == std::string_view::npos || url.find('@') < url.find('/'));
}

Result<void> check_url(std::string_view field, const std::string& url) {
  if (url.find('\0') != std::string::npos) return invalid(field, "contains a NUL byte");
  if (!has_plain_userinfo(url))
    return invalid(field,
                   "is not a connection string: an @ or / in a name or password must be written %40 or %2F");
  char* reason = nullptr;
  PQconninfoOption* const parsed = PQconninfoParse(url.c_str(), &reason);
  if (parsed != nullptr) {
    PQconninfoFree(parsed);
    return {};
  }
  // libpq quotes what it does not understand, which may be a password: only its first words.
  std::string said = reason == nullptr ? "out of memory" : reason;
  PQfreemem(reason);
  return invalid(field, "is not a connection string: " + said.substr(0, said.find_first_of("\"\n")));
}

/// 1 ms, 2 ms ... 64 ms, and up to as much again at random.
void pause_before_again(int attempt, Clock::time_point deadline) {
  static thread_local std::uint64_t state = reinterpret_cast<std::uintptr_t>(&state);
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's MMIX
  const std::int64_t step_us = std::int64_t{1'000} << std::min(attempt, 6);
  const auto jitter = static_cast<std::int64_t>((state >> 33) % static_cast<std::uint64_t>(step_us));
  std::this_thread::sleep_for(
      std::min<Clock::duration>(std::chrono::microseconds(step_us / 2 + jitter), deadline - Clock::now()));
}

bool may_repeat(PgTrouble trouble) {
  return trouble == PgTrouble::conflict || trouble == PgTrouble::stale_plan || trouble == PgTrouble::lost;
}

Error stopped() {
  return Error{.code = ErrorCode::cancelled,
               .message = "the transaction was asked to stop",
               .details = {},
               .retryable = true,
               .needs_user = false};
}

}  // namespace

PgStorage::PgStorage(const PostgresOptions& options, std::span<const MigrationFile> migrations)
    : options_(options),
      migrations_(migrations),
      generation_(fork_generation()),
      users_(std::make_unique<PgPool>(options_, options_.url)) {
  if (!options_.admin_url.empty() && options_.admin_url != options_.url) {
    library_ = std::make_unique<PgPool>(options_, options_.admin_url);
  }
  if (!options_.read_url.empty()) replica_ = std::make_unique<PgReplica>(options_, options_.read_url);
}

Result<std::unique_ptr<PgStorage>> PgStorage::open(const PostgresOptions& options,
                                                   std::span<const MigrationFile> migrations) {
  OMNICRM_TRY(check_url("url", options.url));
  OMNICRM_TRY(check_url("admin_url", options.admin_url));
  OMNICRM_TRY(check_url("read_url", options.read_url));
  if (!is_schema_name(options.schema)) return invalid("schema", "must be a name of a-z, 0-9 and _");
  if (options.partitions > most_partitions) {
    return invalid("partitions", fmt::format("must be {} at the most", most_partitions));
  }
  if (options.pool_size == 0) return invalid("pool_size", "must be 1 or more");
  return std::unique_ptr<PgStorage>(new PgStorage(options, migrations));
}

PgStorage::~PgStorage() {
  if (!is_forked()) return;
  // Closing would say goodbye on the parent's sockets.
  users_->abandon();
  if (library_ != nullptr) library_->abandon();
  static_cast<void>(users_.release());
  static_cast<void>(library_.release());
  if (replica_ != nullptr) replica_->pool().abandon();
  static_cast<void>(replica_.release());
}

bool PgStorage::is_forked() const noexcept {
  return fork_generation() != generation_;
}

StorageStats PgStorage::stats() const noexcept {
  StorageStats stats{
      .connections_in_use = 0, .connections_idle = 0, .calls_waiting = 0, .waits = 0, .waited = {{}}};
  for (PgPool* pool : {users_.get(), library_.get(), replica_ ? &replica_->pool() : nullptr}) {
    if (pool == nullptr) continue;
    const PgPool::Counts counts = pool->counts();
    *stats.connections_in_use += static_cast<std::int64_t>(counts.open - counts.idle);
    *stats.connections_idle += static_cast<std::int64_t>(counts.idle);
    *stats.calls_waiting += static_cast<std::int64_t>(counts.waiting);
    *stats.waits += static_cast<std::int64_t>(counts.waits);
    *stats.waited += counts.waited;
  }
  return stats;
}

PgPool& PgStorage::pool_of(const Scope& scope) noexcept {
  return scope.user || library_ == nullptr ? *users_ : *library_;
}

Result<void> PgStorage::read(const Scope& scope, Work work) {
  if (is_forked()) return forked("the PostgreSQL storage");
  if (TransactionFrame::current(this) == TransactionFrame::Kind::write) {
    return failure(ErrorCode::failed_precondition, "a read inside a write of the same storage");
  }
  if (replica_ != nullptr && scope.written != nullptr) {
    if (auto done = read_from_replica(scope, work)) return std::move(*done);
  }
  return repeat(scope, work, Access::read);
}

Result<void> PgStorage::write(const Scope& scope, Work work) {
  if (is_forked()) return forked("the PostgreSQL storage");
  if (TransactionFrame::current(this) != TransactionFrame::Kind::none) {
    return failure(ErrorCode::failed_precondition, "a write inside another transaction of the same storage");
  }
  return repeat(scope, work, Access::write);
}

Result<void> PgStorage::repeat(const Scope& scope, Work work, Access access) {
  const auto deadline = Clock::now() + options_.retry_for;
  for (int attempt = 0;; ++attempt) {
    if (scope.stop.stop_requested()) return fail(stopped());
    OMNICRM_ASSIGN(auto connection, pool_of(scope).take(scope.stop));
    connection->set_stop(scope.stop);
    Result<void> result = run_once(*connection, scope, work, access);
    connection->set_stop({});
    if (result) {
      const PgInserted inserted = connection->take_inserted();
      connection.reset();
      tend(inserted);
      return result;
    }
    if (scope.stop.stop_requested()) {
      connection->retire();                                 // the cancel may still be on its way
      if (connection->is_outcome_unknown()) return result;  // "nothing was written" could be wrong
      return fail(stopped());
    }
    if (!may_repeat(connection->first_failure().trouble) || Clock::now() >= deadline) return result;
    connection.reset();
    pause_before_again(attempt, deadline);
  }
}

void PgStorage::tend(const PgInserted& inserted) noexcept {
  if (inserted.empty()) return;
  try {
    for (const std::string& table : growth_.note(inserted)) {
      auto connection = pool_of({}).try_take();
      if (!connection) return;
      static_cast<void>(run_once(
          **connection, {}, [&](Connection& library) { return growth_.tend(library, table); },
          Access::write));
    }
    if (!PgGrowth::is_much(inserted)) return;
    auto connection = pool_of({}).try_take();
    if (!connection) return;
    static_cast<void>(run_once(
        **connection, {}, [&](Connection& library) { return PgGrowth::sort_in(library, inserted); },
        Access::write));
  } catch (const std::exception&) {  // NOLINT: no memory for it; the transaction is committed all the same
  }
}

std::optional<Result<void>> PgStorage::read_from_replica(const Scope& scope, Work work) {
  const std::uint64_t position = scope.written->value.load();
  auto connection = replica_->take(position);
  if (!connection) return std::nullopt;
  PgConnection& replica = **connection;
  replica.begin_behind(scope.user, position);
  replica.set_stop(scope.stop);
  Result<void> result = run_in(replica, work, TransactionFrame::Kind::read);
  if (result) result = replica.end_read();
  if (!result) replica.roll_back();
  replica.set_stop({});
  switch (replica.first_failure().trouble) {
    case PgTrouble::none:
      replica_->note_served();
      return result;
    case PgTrouble::behind:
      replica_->note_behind(replica.replayed());
      break;
    case PgTrouble::lost:
      replica_->note_lost();
      break;
    default:  // what it refuses may be there on the primary
      break;
  }
  if (!scope.stop.stop_requested()) return std::nullopt;
  replica.retire();
  return Result<void>(fail(stopped()));
}

Result<void> PgStorage::run_in(PgConnection& connection, Work work, TransactionFrame::Kind kind) {
  const TransactionFrame frame(this, kind);
  return connection.run(work);
}

Result<void> PgStorage::run_once(PgConnection& connection, const Scope& scope, Work work, Access access) {
  connection.begin(access, scope.user);
  const bool reads = access == Access::read;
  Result<void> result =
      run_in(connection, work, reads ? TransactionFrame::Kind::read : TransactionFrame::Kind::write);
  const bool tells_position = replica_ != nullptr && scope.written != nullptr;
  if (result) result = reads ? connection.end_read() : connection.commit(tells_position);
  // A commit of unknown outcome may have moved it, too: no replica is asked then.
  if (!reads && tells_position && (result || connection.is_outcome_unknown()))
    note_written(*scope.written, result ? connection.position() : std::nullopt);
  if (result) return result;
  // A caller who asked how many rows changed was told none: it is the server's reason that counts.
  connection.roll_back();
  if (const PgFailure& failed = connection.first_failure(); failed.trouble != PgTrouble::none)
    return fail(failed.error);
  return result;
}

const std::string& PgStorage::library_url() const noexcept {
  return options_.admin_url.empty() ? options_.url : options_.admin_url;
}

Result<std::string> PgStorage::adapt(Connection& connection, std::string_view sql) const {
  // A schema that exists keeps to what it was made with.
  OMNICRM_ASSIGN(const auto exists,
                 query_one<bool>(connection, "SELECT to_regclass('interactions') IS NOT NULL"));
  if (!exists.value_or(false)) return with_partitions(sql, options_.partitions);
  OMNICRM_ASSIGN(
      const auto partitions,
      query_one<std::int64_t>(
          connection, "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('interactions')"));
  return with_partitions(sql, static_cast<std::size_t>(partitions.value_or(0)));
}

Result<void> PgStorage::run_outside(std::string_view sql) const {
  OMNICRM_ASSIGN(const auto link,
                 PgLink::open(library_url(), Clock::now() + options_.connect_timeout,
                              fmt::format("-c search_path={},public -c lock_timeout=0 -c statement_timeout=0",
                                          options_.schema)));
  return make_indexes_online(*link, sql);
}

Result<void> PgStorage::migrate() {
  if (is_forked()) return forked("the PostgreSQL storage");
  // A connection of its own holds the lock in a transaction of its own: behind a pooler there is no other
  // lock that lasts, and the migrations' transactions must begin after it was won.
  OMNICRM_ASSIGN(const auto lock, PgLink::open(library_url(), Clock::now() + options_.connect_timeout));
  OMNICRM_TRY(take_migration_lock(*lock));
  OMNICRM_TRY(write({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto exists,
                   query_one<bool>(connection, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = ?)",
                                   options_.schema));
    if (!exists.value_or(false)) OMNICRM_TRY(connection.execute("CREATE SCHEMA " + options_.schema));
    OMNICRM_ASSIGN(const bool foreign, pg_is_foreign(connection));
    if (!foreign) return {};
    return failure(ErrorCode::failed_precondition,
                   fmt::format("schema {}: holds the tables of another program", options_.schema));
  }));
  OMNICRM_TRY(Migrator(*this, migrations_,
                       {.fingerprint = &pg_fingerprint,
                        .adapt = [this](Connection& connection,
                                        std::string_view sql) { return adapt(connection, sql); },
                        .run_outside = [this](std::string_view sql) { return run_outside(sql); }})
                  .run());
  std::vector<std::string> problems;
  OMNICRM_TRY(read({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(problems, pg_problems(connection));
    return {};
  }));
  lock->send("COMMIT");
  OMNICRM_TRY(lock->settle());
  if (problems.empty()) return {};
  return failure(ErrorCode::data_loss, "damaged schema: " + problems.front());
}

Result<std::int64_t> PgStorage::schema_version() {
  return Migrator(*this, migrations_).version();
}

Result<void> PgStorage::backup(const std::string& /*path*/) {
  return failure(ErrorCode::unsupported, "a PostgreSQL database is backed up by pg_dump or pg_basebackup");
}

Result<std::vector<std::string>> PgStorage::check() {
  std::vector<std::string> problems;
  OMNICRM_TRY(read({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(problems, pg_problems(connection));
    return {};
  }));
  return problems;
}

Result<std::unique_ptr<Signals>> PgStorage::signals(std::function<void(std::string_view text)> heard) {
  if (is_forked()) return forked("the PostgreSQL storage");
  if (heard) return make_listener(options_, std::move(heard));
  return make_sender(*this, options_.schema);
}

Result<std::unique_ptr<Storage>> postgres(const PostgresOptions& options) {
  OMNICRM_ASSIGN(auto storage, PgStorage::open(options, postgres_migrations()));
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace omnicrm::storage
