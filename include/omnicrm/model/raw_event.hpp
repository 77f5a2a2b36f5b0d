// What a source said, byte for byte.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// Where a raw event stands. All but `pending` are terminal. @since 0.1
enum class RawEventState {
  pending,     ///< fetched, not normalized yet
  normalized,  ///< its interaction, contact or organization exists
  skipped,     ///< left out, `reason` says by which rule
  gone,        ///< the source named it and then had it no more
  poison,      ///< cannot be read, `reason` says why
};

/// One item of a source as received. Unique per user, connection, service and source id. @since 0.1
struct RawEvent {
  RawEventId id;
  ConnectionId connection_id;
  /// "mail", "calendar", "contacts" or "table".
  std::string service;
  /// The source's own name for it: Message-ID, UID (+ RECURRENCE-ID), or a content hash.
  std::string source_id;
  RawEventState state = RawEventState::pending;
  /// Why it was skipped or is poison: a stable word (`too_large`), then ": " and detail for people.
  std::string reason;
  /// Lower case media type: `message/rfc822`, `text/calendar`, `text/vcard`, `text/csv`.
  std::string content_type;
  /// Size of the payload before compression, in bytes.
  std::int64_t size = 0;
  /// SHA-256 of the payload, lower-case hex.
  std::string content_hash;
  /// A JSON object: where it was read: {"path","position", ...source facts such as labels}.
  Json origin = Json::object();
  std::int64_t normalizer_version = 0;
  std::optional<BatchId> batch_id;
  Timestamp created_at{};

  friend bool operator==(const RawEvent&, const RawEvent&) = default;
};

}  // namespace omnicrm
