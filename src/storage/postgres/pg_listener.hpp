// NOTIFY and LISTEN: hints between the processes that use one database.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <omnicrm/storage/postgres.hpp>

namespace omnicrm::storage {

/// Hears on a session of its own, in a thread of its own, which also sends; the channel is the schema's name.
/// It connects again when the session is lost. A pooler that lends server sessions by the transaction drops
/// what they hear: so it first sends itself a word, and where that does not come back it only sends, and asks
/// again a minute later. `options` must outlive it. Errors: `resource_exhausted` (no thread).
[[nodiscard]] Result<std::unique_ptr<Signals>> make_listener(const PostgresOptions& options,
                                                             std::function<void(std::string_view)> heard);

/// Sends only, without a thread or a session of its own: at the most once in some milliseconds, in a
/// transaction on a connection of the pool, for whose answer it waits. `storage` must outlive it.
[[nodiscard]] std::unique_ptr<Signals> make_sender(Storage& storage, std::string channel);

}  // namespace omnicrm::storage
