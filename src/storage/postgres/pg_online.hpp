// Migrations that must not hold a transaction open: indexes made while others write.
#pragma once

#include <string>
#include <string_view>

#include "storage/postgres/pg_link.hpp"

namespace omnicrm::storage {

/// Runs a file of `CREATE [UNIQUE] INDEX CONCURRENTLY name ON table ...` statements over a connection whose
/// search path begins with the schema, each in transactions of its own. May be run again after it was cut
/// off: an index that is there is left alone, one that was not finished is dropped and made again. On a
/// partitioned table each partition's index is made so, then they are joined. Errors: `internal` (another
/// kind of statement), and the server's.
[[nodiscard]] Result<void> make_indexes_online(PgLink& link, std::string_view sql);

}  // namespace omnicrm::storage
