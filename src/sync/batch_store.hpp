// Batches, plans and cursors as rows. The functions work in the caller's transaction, but for the one that
// says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <omnicrm/jobs/handler.hpp>
#include <omnicrm/model/sync.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"
#include "sync/parts.hpp"

namespace omnicrm::sync {

/// Errors: `not_found`.
[[nodiscard]] Result<SyncBatch> load_batch(storage::Connection& connection, UserId user, BatchId id);
[[nodiscard]] Result<SyncPlan> load_plan(storage::Connection& connection, UserId user, PlanId id);
[[nodiscard]] Result<void> store_batch(storage::Connection& connection, UserId user, const SyncBatch& batch);

/// Whether a batch of the user is being taken back, or is about to be.
[[nodiscard]] Result<bool> is_undo_waiting(storage::Connection& connection, UserId user);

/// Adds to a batch's counts; `done` follows from them.
[[nodiscard]] Result<void> add_counts(storage::Connection& connection, UserId user, BatchId id,
                                      const BatchCounts& more);

/// Where a batch stands in one of its scopes: empty at the start.
[[nodiscard]] Result<std::string> load_position(storage::Connection& connection, UserId user,
                                                ConnectionId source, BatchId batch, std::string_view scope);
[[nodiscard]] Result<void> store_position(storage::Connection& connection, const repository::Unit& unit,
                                          ConnectionId source, std::string_view scope,
                                          std::string_view position);

/// A scope's position once it was read to its end.
inline constexpr std::string_view at_end = "end";
/// The scope that stands for the whole source: `at_end` when every scope is.
inline constexpr std::string_view whole_source = "";

/// After `error` of one of the batch's jobs: ends a running batch as failed, with the reason, if the job will
/// not be tried again; what it wrote stays until it is undone. In a transaction of its own.
[[nodiscard]] Result<void> fail_batch(const Parts& parts, const jobs::Context& job, BatchId id,
                                      const Error& error);

/// Ends a running batch when all it fetched has reached a terminal state and nothing is left to fetch.
[[nodiscard]] Result<void> finish_if_complete(storage::Connection& connection, const repository::Unit& unit,
                                              ConnectionId source, BatchId id);

}  // namespace omnicrm::sync
