// Appending to the hash-chained audit log.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/audit.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Appends one entry in the caller's transaction. `details` is a JSON object: names and counts, never
/// content.
[[nodiscard]] Result<void> append_audit(storage::Connection& connection, const Unit& unit,
                                        std::string_view operation, std::string_view subject,
                                        std::string_view subject_id, std::string_view details = "{}");

/// The same for a change of one row: says nothing within a batch, which is audited once, as a whole.
[[nodiscard]] Result<void> audit_change(storage::Connection& connection, const Unit& unit,
                                        std::string_view operation, std::string_view subject,
                                        std::string_view subject_id, std::string_view details = "{}");

/// {"fields":["a","b"]}
[[nodiscard]] std::string changed_fields_json(std::span<const std::string> fields);

/// What `AuditEntry::hash` is for this entry: SHA-256 over its canonical JSON (names sorted, no white space,
/// with `previous_hash`, without `hash`). Anybody with the exported log can check it with other tools.
[[nodiscard]] std::string audit_hash(const AuditEntry& entry);

}  // namespace omnicrm::repository
