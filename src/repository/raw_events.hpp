// Raw events of one user: what sources said, byte for byte, and where each stands.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/model/raw_event.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// A raw event with its payload, decompressed.
struct StoredItem {
  RawEvent event;
  std::string payload;
};

/// What `RawEvents::put` did.
enum class PutOutcome {
  added,    ///< it was not here
  known,    ///< here with the same bytes; nothing changed
  changed,  ///< here with other bytes; the new ones replaced them (a before-image is kept)
};

/// Number of items by state, of one batch or of a user.
struct RawEventCounts {
  std::int64_t pending = 0, normalized = 0, skipped = 0, poison = 0, gone = 0;
  [[nodiscard]] std::int64_t terminal() const noexcept { return normalized + skipped + poison + gone; }
};

/// Bound to a transaction by its unit and connection: made where it is used, kept nowhere.
class RawEvents {
 public:
  RawEvents(storage::Connection& connection, const Unit& unit) : connection_(connection), unit_(unit) {}

  /// Stores an item under (connection, service, source_id). `compressed` is its zstd payload, or empty for an item
  /// without one. `replace`: newer bytes replace older ones (events, cards); otherwise the first stay (mail).
  Result<PutOutcome> put(RawEvent& event, std::string_view compressed, bool replace);

  /// Items of the unit's batch with from <= id <= to that are still pending.
  Result<std::vector<StoredItem>> pending(RawEventId from, RawEventId to);
  /// One item with its payload, if it is still pending.
  Result<std::optional<StoredItem>> pending(RawEventId id);
  /// All items whose source id is `series`, or starts with it and `separator`.
  Result<std::vector<StoredItem>> series(ConnectionId connection, std::string_view service, std::string_view series);
  Result<std::optional<RawEvent>> find(ConnectionId connection, std::string_view service,
                                       std::string_view source_id);
  Result<void> settle(RawEventId id, RawEventState state, std::string_view reason, std::int64_t version);
  Result<RawEventCounts> counts(BatchId batch);
  /// Skipped and poison items of a batch by the first word of their reason.
  Result<std::map<std::string, std::int64_t>> reasons(BatchId batch);

 private:
  Result<PutOutcome> put_again(RawEvent& event, std::string_view compressed, bool replace);

  storage::Connection& connection_;
  const Unit& unit_;
};

/// The image of a raw event for `batch_changes`: its record, and its payload in base64.
[[nodiscard]] Result<std::string> raw_event_image(storage::Connection& connection, UserId user, RawEventId id);
[[nodiscard]] Result<void> restore_raw_event(storage::Connection& connection, UserId user, RawEventId id,
                                             std::string_view image);

}  // namespace omnicrm::repository
