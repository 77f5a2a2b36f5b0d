// What the server or the connection said, as an Error.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::storage {

/// What the driver has to know of a failure beside its Error.
enum class PgTrouble {
  none,
  statement,   ///< the transaction is over, the connection is fine
  conflict,    ///< with another transaction: the same work may succeed
  stale_plan,  ///< a prepared statement outlived a change of its tables
  behind,      ///< a replica has not replayed what must be seen
  lost         ///< the connection is gone
};

struct PgFailure {
  PgTrouble trouble = PgTrouble::none;
  Error error;
};

/// Where an error came from, in messages: never holds a password.
struct PgPlace {
  std::string name;       ///< "host/database"
  bool may_write = true;  ///< the transaction at hand
};

/// Of a failed result; `doing` is the SQL, quoted in part.
[[nodiscard]] PgFailure pg_failure(const PGconn* connection, const PGresult* result, const PgPlace& place,
                                   std::string_view doing);
/// Of an SQLSTATE ("23505") with the server's message; empty: the connection broke.
[[nodiscard]] PgFailure pg_failure(std::string_view sqlstate, std::string_view message, const PgPlace& place,
                                   std::string_view doing);
/// Why a connection could not be made. `message` is libpq's, in its verbose form.
[[nodiscard]] Error connect_error(std::string_view message, const PgPlace& place);

}  // namespace omnicrm::storage
