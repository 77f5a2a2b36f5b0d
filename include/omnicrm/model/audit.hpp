// Who did what.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// One entry of a user's append-only, hash-chained log. `hash` is the SHA-256 of the entry's canonical JSON
/// (with `previous_hash`, without `hash`), so that no entry can be changed, taken out or moved unnoticed.
/// @since 0.1
struct AuditEntry {
  /// 1, 2, 3 ... per user, without gaps.
  std::int64_t sequence = 0;
  Timestamp at{};
  /// "user", "job", "system" or what the host gave as the session's actor.
  std::string actor;
  /// The operation's name (`contacts.update`).
  std::string operation;
  /// What it was about: a table name and an id; may be empty.
  std::string subject;
  std::string subject_id;
  std::optional<BatchId> batch_id;
  /// A JSON object: names of changed fields, counts; never secrets, never message text.
  Json details = Json::object();
  std::string previous_hash;
  std::string hash;

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

/// @since 0.1
struct AuditVerification {
  bool intact = true;
  std::int64_t entries = 0;
  /// The first entry that is not as it was written; 0 when intact.
  std::int64_t first_bad_sequence = 0;
  std::string reason;

  friend bool operator==(const AuditVerification&, const AuditVerification&) = default;
};

}  // namespace omnicrm
