// Options as JSON, for the faces without C++.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <omnicrm/options.hpp>

#include "core/errors.hpp"
#include "model/describe.hpp"
#include "model/json_generate.hpp"

namespace omnicrm {
namespace options_json {

enum class Log { none, debug, info, warning, error };
BOOST_DESCRIBE_ENUM(Log, none, debug, info, warning, error)

enum class LogFormat { text, json };
BOOST_DESCRIBE_ENUM(LogFormat, text, json)

struct Sqlite {
  std::int64_t busy_timeout_ms = storage::SqliteOptions{}.busy_timeout.count();
  bool full_sync = storage::SqliteOptions{}.full_sync;
  std::int64_t writer_cache_kib = storage::SqliteOptions{}.writer_cache_kib;
  std::int64_t reader_cache_kib = storage::SqliteOptions{}.reader_cache_kib;
  std::int64_t idle_readers = static_cast<std::int64_t>(storage::SqliteOptions{}.idle_readers);
};
BOOST_DESCRIBE_STRUCT(Sqlite, (),
                      (busy_timeout_ms, full_sync, writer_cache_kib, reader_cache_kib, idle_readers))

struct Jobs {
  std::string name = jobs::RunnerOptions{}.name;
  std::int64_t threads = static_cast<std::int64_t>(jobs::RunnerOptions{}.threads);
  std::int64_t lease_ms = jobs::RunnerOptions{}.lease.count();
  std::int64_t heartbeat_ms = jobs::RunnerOptions{}.heartbeat.count();
  std::int64_t poll_ms = jobs::RunnerOptions{}.poll.count();
  std::int64_t claim_limit = static_cast<std::int64_t>(jobs::RunnerOptions{}.claim_limit);
};
BOOST_DESCRIBE_STRUCT(Jobs, (), (name, threads, lease_ms, heartbeat_ms, poll_ms, claim_limit))

struct Postgres {
  std::string admin_url = storage::PostgresOptions{}.admin_url;
  std::string read_url = storage::PostgresOptions{}.read_url;
  std::string schema = storage::PostgresOptions{}.schema;
  std::int64_t pool_size = static_cast<std::int64_t>(storage::PostgresOptions{}.pool_size);
  std::int64_t acquire_timeout_ms = storage::PostgresOptions{}.acquire_timeout.count();
  std::int64_t connect_timeout_ms = storage::PostgresOptions{}.connect_timeout.count();
  std::int64_t health_check_after_ms = storage::PostgresOptions{}.health_check_after.count();
  std::int64_t max_lifetime_ms = storage::PostgresOptions{}.max_lifetime.count();
  std::int64_t statement_cache = static_cast<std::int64_t>(storage::PostgresOptions{}.statement_cache);
  std::int64_t lock_timeout_ms = storage::PostgresOptions{}.lock_timeout.count();
  std::int64_t statement_timeout_ms = storage::PostgresOptions{}.statement_timeout.count();
  std::int64_t retry_for_ms = storage::PostgresOptions{}.retry_for.count();
  std::int64_t partitions = static_cast<std::int64_t>(storage::PostgresOptions{}.partitions);
  bool transaction_pooling = storage::PostgresOptions{}.transaction_pooling;
};
BOOST_DESCRIBE_STRUCT(Postgres, (),
                      (admin_url, read_url, schema, pool_size, acquire_timeout_ms, connect_timeout_ms,
                       health_check_after_ms, max_lifetime_ms, statement_cache, lock_timeout_ms,
                       statement_timeout_ms, retry_for_ms, partitions, transaction_pooling))

struct Opening {
  std::string path = Options{}.path;
  bool migrate = Options{}.migrate;
  Log log = Log::none;
  LogFormat log_format = LogFormat::text;
  bool metrics = false;
  Sqlite sqlite;
  Postgres postgres;
  Jobs jobs;
};
BOOST_DESCRIBE_STRUCT(Opening, (), (path, migrate, log, log_format, metrics, sqlite, postgres, jobs))

constexpr std::int64_t longest_ms = 24LL * 60 * 60 * 1000;
constexpr std::int64_t largest_count = 1'000'000;

Result<void> in_range(std::string_view field, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return {};
  return invalid(field, "must be " + std::to_string(least) + " to " + std::to_string(most));
}

Result<void> check(const Postgres& asked) {
  if (asked.schema.empty()) return invalid("postgres.schema", "must not be empty");
  OMNICRM_TRY(in_range("postgres.pool_size", asked.pool_size, 1, 10'000));
  OMNICRM_TRY(in_range("postgres.acquire_timeout_ms", asked.acquire_timeout_ms, 1, longest_ms));
  OMNICRM_TRY(in_range("postgres.connect_timeout_ms", asked.connect_timeout_ms, 1, longest_ms));
  OMNICRM_TRY(in_range("postgres.health_check_after_ms", asked.health_check_after_ms, 0, longest_ms));
  OMNICRM_TRY(in_range("postgres.max_lifetime_ms", asked.max_lifetime_ms, 1, longest_ms));
  OMNICRM_TRY(in_range("postgres.statement_cache", asked.statement_cache, 1, 100'000));
  OMNICRM_TRY(in_range("postgres.lock_timeout_ms", asked.lock_timeout_ms, 0, longest_ms));
  OMNICRM_TRY(in_range("postgres.statement_timeout_ms", asked.statement_timeout_ms, 0, longest_ms));
  OMNICRM_TRY(in_range("postgres.retry_for_ms", asked.retry_for_ms, 0, longest_ms));
  return in_range("postgres.partitions", asked.partitions, 0, 1'024);
}

Result<void> check(const Opening& asked) {
  if (asked.path.empty()) return invalid("path", "must not be empty");
  OMNICRM_TRY(in_range("sqlite.busy_timeout_ms", asked.sqlite.busy_timeout_ms, 0, longest_ms));
  OMNICRM_TRY(in_range("sqlite.writer_cache_kib", asked.sqlite.writer_cache_kib, 0, 16LL << 20));
  OMNICRM_TRY(in_range("sqlite.reader_cache_kib", asked.sqlite.reader_cache_kib, 0, 16LL << 20));
  OMNICRM_TRY(in_range("sqlite.idle_readers", asked.sqlite.idle_readers, 0, largest_count));
  OMNICRM_TRY(check(asked.postgres));
  OMNICRM_TRY(in_range("jobs.threads", asked.jobs.threads, 1, 1'024));
  OMNICRM_TRY(in_range("jobs.lease_ms", asked.jobs.lease_ms, 30, longest_ms));
  OMNICRM_TRY(in_range("jobs.heartbeat_ms", asked.jobs.heartbeat_ms, 1, longest_ms));
  OMNICRM_TRY(in_range("jobs.poll_ms", asked.jobs.poll_ms, 1, longest_ms));
  return in_range("jobs.claim_limit", asked.jobs.claim_limit, 1, 1'000);
}

storage::PostgresOptions options_of(const Postgres& asked) {
  using std::chrono::milliseconds;
  storage::PostgresOptions options;
  options.admin_url = asked.admin_url;
  options.read_url = asked.read_url;
  options.schema = asked.schema;
  options.pool_size = static_cast<std::size_t>(asked.pool_size);
  options.acquire_timeout = milliseconds(asked.acquire_timeout_ms);
  options.connect_timeout = milliseconds(asked.connect_timeout_ms);
  options.health_check_after = milliseconds(asked.health_check_after_ms);
  options.max_lifetime = milliseconds(asked.max_lifetime_ms);
  options.statement_cache = static_cast<std::size_t>(asked.statement_cache);
  options.lock_timeout = milliseconds(asked.lock_timeout_ms);
  options.statement_timeout = milliseconds(asked.statement_timeout_ms);
  options.retry_for = milliseconds(asked.retry_for_ms);
  options.partitions = static_cast<std::size_t>(asked.partitions);
  options.transaction_pooling = asked.transaction_pooling;
  return options;
}

observe::Level level_of(Log log) {
  switch (log) {
    case Log::debug:
      return observe::Level::debug;
    case Log::info:
      return observe::Level::info;
    case Log::warning:
      return observe::Level::warning;
    default:
      return observe::Level::error;
  }
}

}  // namespace options_json

Result<Options> options_from_json(std::string_view json) {
  using std::chrono::milliseconds;
  OMNICRM_ASSIGN(const auto asked, from_json<options_json::Opening>(json));
  OMNICRM_TRY(options_json::check(asked));
  Options options;
  options.path = asked.path;
  options.migrate = asked.migrate;
  options.sqlite.busy_timeout = milliseconds(asked.sqlite.busy_timeout_ms);
  options.sqlite.full_sync = asked.sqlite.full_sync;
  options.sqlite.writer_cache_kib = asked.sqlite.writer_cache_kib;
  options.sqlite.reader_cache_kib = asked.sqlite.reader_cache_kib;
  options.sqlite.idle_readers = static_cast<std::size_t>(asked.sqlite.idle_readers);
  options.postgres = options_json::options_of(asked.postgres);
  options.jobs.name = asked.jobs.name;
  options.jobs.threads = static_cast<std::size_t>(asked.jobs.threads);
  options.jobs.lease = milliseconds(asked.jobs.lease_ms);
  options.jobs.heartbeat = milliseconds(asked.jobs.heartbeat_ms);
  options.jobs.poll = milliseconds(asked.jobs.poll_ms);
  options.jobs.claim_limit = static_cast<std::size_t>(asked.jobs.claim_limit);
  if (asked.log != options_json::Log::none) {
    options.logger =
        observe::stderr_logger(options_json::level_of(asked.log),
                               asked.log_format == options_json::LogFormat::json ? observe::LogFormat::json
                                                                                 : observe::LogFormat::text);
  }
  if (asked.metrics) options.metrics = observe::prometheus_metrics();
  return options;
}

}  // namespace omnicrm
