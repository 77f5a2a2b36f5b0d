// A PostgreSQL server that many processes and machines share.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

/// @since 0.1
struct PostgresOptions {
  /// A libpq connection string or `postgresql://` URI: host, database, password file, TLS (`sslmode`,
  /// `sslrootcert`), several hosts with `target_session_attrs`. Its role owns the tables or is a member of
  /// `omnicrm_app`; each user's transaction runs as `omnicrm_app`.
  std::string url;
  /// For what runs without a user (claiming jobs, retention, migration): a role that is a member of
  /// `omnicrm_admin`. Empty: `url`'s.
  std::string admin_url;
  /// A streaming replica of the same database. A session's reads go there once it has replayed what that
  /// session wrote before, else to `url`; reads without a session, and all writes, go to `url`. A replica out
  /// of reach is left out until it answers again. Empty: none.
  std::string read_url;
  /// The schema that holds the tables; the database may hold the host's own beside it. A lower-case name.
  std::string schema = "omnicrm";
  /// Connections open at the most, for each of the two roles.
  std::size_t pool_size = 8;
  /// How long a transaction waits for a connection before it is `resource_exhausted` (all are in use) or
  /// `unavailable` (the server does not answer; it is asked again with growing pauses).
  std::chrono::milliseconds acquire_timeout{10'000};
  std::chrono::milliseconds connect_timeout{5'000};
  /// A connection that was idle for longer is looked at before it is used.
  std::chrono::milliseconds health_check_after{1'000};
  /// A connection that is older is closed when it is given back; a tenth of it at random less.
  std::chrono::milliseconds max_lifetime{1'800'000};
  /// Statements that each connection keeps prepared.
  std::size_t statement_cache = 256;
  /// How long a transaction waits for another one's lock before it is `unavailable`. 0: for ever.
  std::chrono::milliseconds lock_timeout{10'000};
  /// How long one statement may take before it is `deadline_exceeded`. 0: for ever.
  std::chrono::milliseconds statement_timeout{0};
  /// How long a transaction that was in conflict with another, or lost its connection before its commit, is
  /// run again.
  std::chrono::milliseconds retry_for{10'000};
  /// When the schema is made: the large tables are split by hash of their user into so many partitions; 0 for
  /// none. Of a schema that exists it changes nothing.
  std::size_t partitions = 0;
  /// Behind a pooler that lends a server connection for a transaction only (pgbouncer,
  /// pool_mode=transaction): nothing is kept on the connection between transactions.
  bool transaction_pooling = false;
};

/// Makes the pool; connects when first used, does not migrate. Errors: `invalid_argument` (the connection
/// string, the schema's name).
/// @since 0.1
[[nodiscard]] Result<std::unique_ptr<Storage>> postgres(const PostgresOptions& options);

}  // namespace omnicrm::storage
