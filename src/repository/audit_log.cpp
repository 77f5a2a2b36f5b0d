#include "repository/audit_log.hpp"

#include "core/sha256.hpp"
#include "model/json.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {

std::string audit_hash(const AuditEntry& entry) {
  // The canonical form written directly: the names stand in the order of their bytes.
  std::string text = "{\"actor\":" + json_text(entry.actor) + ",\"at\":\"" + to_string(entry.at) + '"';
  if (entry.batch_id) text += ",\"batch_id\":\"" + entry.batch_id->to_string() + '"';
  text += ",\"details\":" + canonical_json(entry.details.text) +
          ",\"operation\":" + json_text(entry.operation) +
          ",\"previous_hash\":" + json_text(entry.previous_hash) +
          ",\"sequence\":" + std::to_string(entry.sequence) + ",\"subject\":" + json_text(entry.subject) +
          ",\"subject_id\":" + json_text(entry.subject_id) + '}';
  return sha256_hex(text);
}

Result<void> append_audit(storage::Connection& connection, const Unit& unit, std::string_view operation,
                          std::string_view subject, std::string_view subject_id, std::string_view details) {
  AuditEntry entry{.sequence = 1,
                   .at = unit.now(),
                   .actor = unit.actor(),
                   .operation = std::string(operation),
                   .subject = std::string(subject),
                   .subject_id = std::string(subject_id),
                   .batch_id = unit.batch(),
                   .details = Json{canonical_json(details)},
                   .previous_hash = {},
                   .hash = {}};
  {
    OMNICRM_ASSIGN(auto head,
                   storage::Query::run(connection, "SELECT sequence, hash FROM audit_heads WHERE user_id = ?",
                                       unit.user()));
    OMNICRM_ASSIGN(const bool found, head.next());
    if (found) {
      entry.sequence = head.get<std::int64_t>(0) + 1;
      entry.previous_hash = head.get<std::string>(1);
    }
  }
  entry.hash = audit_hash(entry);
  OMNICRM_TRY(
      storage::run(connection,
                   "INSERT INTO audit_log (user_id, sequence, at, actor, operation, subject, subject_id, "
                   "batch_id, details, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   unit.user(), entry.sequence, entry.at, entry.actor, entry.operation, entry.subject,
                   entry.subject_id, entry.batch_id, entry.details, entry.previous_hash, entry.hash));
  OMNICRM_TRY(
      storage::run(connection,
                   "INSERT INTO audit_heads (user_id, sequence, hash) VALUES (?, ?, ?) "
                   "ON CONFLICT (user_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
                   unit.user(), entry.sequence, entry.hash));
  return {};
}

Result<void> audit_change(storage::Connection& connection, const Unit& unit, std::string_view operation,
                          std::string_view subject, std::string_view subject_id, std::string_view details) {
  if (unit.batch()) return {};
  return append_audit(connection, unit, operation, subject, subject_id, details);
}

std::string changed_fields_json(std::span<const std::string> fields) {
  std::string text = "{\"fields\":[";
  for (const std::string& field : fields) text += (text.back() == '[' ? "" : ",") + json_text(field);
  return text + "]}";
}

}  // namespace omnicrm::repository
