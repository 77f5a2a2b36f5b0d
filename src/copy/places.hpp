// Numbers that are a database's own: places in the full-text order, sequences.
#pragma once

#include <cstdint>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/row_block.hpp"
#include "copy/tables.hpp"

namespace omnicrm::copy {

/// A place in the full-text order (docs/adr/0004) of a SQLite database: they are unique for all its users
/// there, for each user on PostgreSQL. Where `wanted` is taken, the next free one of its minute, or after it.
[[nodiscard]] Result<std::int64_t> free_place(storage::Connection& to, std::int64_t wanted);

/// Brings PostgreSQL's sequences past the rows that came with numbers of their own, and its planner's
/// knowledge up to date. Needs a role that owns the tables. Nothing on SQLite, whose rowids follow their
/// rows.
[[nodiscard]] Result<void> settle_tables(storage::Connection& to);

}  // namespace omnicrm::copy
