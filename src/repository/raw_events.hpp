// Raw events of one user: what sources said, byte for byte, and where each stands.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
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
  changed,  ///< here with other bytes or abandoned; taken over (another batch's item leaves a before-image)
};

struct Put {
  PutOutcome outcome = PutOutcome::added;
  /// Of a change to an item of the same batch: what the replaced bytes had become.
  std::optional<RawEventState> replaced = {};
};

/// An item to be stored. `compressed` is its zstd payload, or empty for an item without one.
struct NewItem {
  RawEvent* event = nullptr;
  std::string_view compressed;
};

/// Whether an item that was read takes the place of the stored one of its name. A message is the same message
/// for ever; events and cards change, and `origin.revision` says which is the newer, by the order of texts.
/// Anything readable takes the place of an item of which nothing was kept.
[[nodiscard]] bool takes_place(const RawEvent& item, const RawEvent& known);

/// Number of items by state, of one batch or of a user.
struct RawEventCounts {
  std::int64_t pending = 0, normalized = 0, skipped = 0, poison = 0, gone = 0;
  [[nodiscard]] std::int64_t terminal() const noexcept { return normalized + skipped + poison + gone; }
};

/// Bound to a transaction by its unit and connection: made where it is used, kept nowhere.
class RawEvents {
 public:
  RawEvents(storage::Connection& connection, const Unit& unit) : connection_(connection), unit_(unit) {}

  /// Stores items under (connection, service, source_id), in their order; the events get their ids.
  Result<std::vector<Put>> put(std::span<const NewItem> items);
  /// Whether a stored item waits for a batch that failed or was cancelled: the next batch that reads it takes
  /// it over.
  Result<bool> is_abandoned(const RawEvent& known);
  /// Whether it still waits to be normalized, with these bytes.
  Result<bool> is_pending(const RawEvent& event);

  /// Items of the unit's batch with from <= id <= to that are still pending.
  Result<std::vector<StoredItem>> pending(RawEventId from, RawEventId to);
  /// One item with its payload, if it is still pending.
  Result<std::optional<StoredItem>> pending(RawEventId id);
  /// All items whose source id is `series`, or starts with it and `separator`.
  Result<std::vector<StoredItem>> series(ConnectionId connection, std::string_view service,
                                         std::string_view series);
  Result<std::optional<RawEvent>> find(ConnectionId connection, std::string_view service,
                                       std::string_view source_id);
  /// Those of many that are here, by their source ids.
  Result<std::map<std::string, RawEvent, std::less<>>> find(ConnectionId connection, std::string_view service,
                                                            std::span<const std::string> source_ids);
  Result<void> settle(RawEventId id, RawEventState state, std::string_view reason, std::int64_t version);
  /// The same for many.
  Result<void> settle_many(std::span<const RawEventId> ids, RawEventState state, std::string_view reason,
                           std::int64_t version);
  Result<RawEventCounts> counts(BatchId batch);
  /// Skipped and poison items of a batch by the first word of their reason.
  Result<std::map<std::string, std::int64_t>> reasons(BatchId batch);

 private:
  /// Which of the items are here already, as `source_key` names them.
  Result<std::set<std::string>> known_sources(std::span<const NewItem> items);
  Result<Put> put_again(RawEvent& event, std::string_view compressed);

  storage::Connection& connection_;
  const Unit& unit_;
};

/// The image of a raw event for `batch_changes`: its record, and its payload in base64.
[[nodiscard]] Result<std::string> raw_event_image(storage::Connection& connection, UserId user,
                                                  RawEventId id);
[[nodiscard]] Result<void> restore_raw_event(storage::Connection& connection, UserId user, RawEventId id,
                                             std::string_view image);

}  // namespace omnicrm::repository
