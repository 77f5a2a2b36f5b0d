// How a CRM is opened.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/jobs/runner.hpp>
#include <omnicrm/observe/logger.hpp>
#include <omnicrm/observe/metrics.hpp>
#include <omnicrm/observe/trace.hpp>
#include <omnicrm/storage/postgres.hpp>
#include <omnicrm/storage/sqlite.hpp>
#include <omnicrm/sync/normalizer.hpp>
#include <omnicrm/sync/source.hpp>

namespace omnicrm {

/// Everything has a default: `Crm::open({.path = "my.db"})`. @since 0.1
struct Options {
  /// The database file, `:memory:`, or a server: `postgresql://user@host/database` (libpq's URI).
  std::string path = "omnicrm.db";
  /// Details of the embedded storage; its `path` is the one above.
  storage::SqliteOptions sqlite = {};
  /// Details of the server's storage; its `url` is the `path` above.
  storage::PostgresOptions postgres = {};
  /// A storage of the host's own; instead of the embedded one.
  std::shared_ptr<storage::Storage> storage = {};
  /// Brings the schema up to date when opening. False: opening an older schema fails.
  bool migrate = true;
  jobs::RunnerOptions jobs = {};
  /// The host's parts; the library's own when null.
  std::shared_ptr<Clock> clock = {};
  std::shared_ptr<Random> random = {};
  std::shared_ptr<observe::Logger> logger = {};
  /// Hears figures: `observe::prometheus_metrics()`, or the host's own.
  std::shared_ptr<observe::Metrics> metrics = {};
  /// Hears spans: calls of operations, runs of jobs.
  std::shared_ptr<observe::Tracer> tracer = {};
  /// The host's own sources, by the name that `SyncSource::provider` has; "files" is the library's.
  std::map<std::string, sync::SourceFactory> sources = {};
  /// The host's own normalizers; asked before the library's for the content type they name.
  std::vector<std::shared_ptr<const sync::Normalizer>> normalizers = {};
};

/// Options as a JSON object, for faces without C++:
/// `{"path":"my.db","migrate":true,"log":"warning","log_format":"text","metrics":false,"sqlite":{"busy_timeout_ms":10000,"full_sync":true,
/// "writer_cache_kib":16384,"reader_cache_kib":4096,"idle_readers":4},"jobs":{"name":"omnicrm","threads":2,
/// "lease_ms":15000,"heartbeat_ms":3000,"poll_ms":500,"claim_limit":32},
/// "postgres":{"admin_url":"","read_url":"","schema":"omnicrm","pool_size":8,"acquire_timeout_ms":10000,
/// "connect_timeout_ms":5000,"health_check_after_ms":1000,"max_lifetime_ms":1800000,"statement_cache":256,
/// "lock_timeout_ms":10000,"statement_timeout_ms":0,"retry_for_ms":10000,"partitions":0,
/// "transaction_pooling":false}}`, every member optional. `log` sends lines from that level up ("debug",
/// "info", "warning", "error") to standard error, as "text" or "json". `metrics` is
/// `observe::prometheus_metrics()`. Errors: `invalid_argument` names the field.
/// @since 0.1
[[nodiscard]] Result<Options> options_from_json(std::string_view json);

}  // namespace omnicrm
