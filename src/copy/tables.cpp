#include "copy/tables.hpp"

#include <array>

namespace omnicrm::copy {
namespace {

template <class... Names>
constexpr auto columns(Names... names) {
  return std::array<std::string_view, sizeof...(Names)>{names...};
}

constexpr auto by_id = columns("user_id", "id");
constexpr auto by_rowid = columns("seq");
constexpr auto by_place = columns("user_id", "seq");
constexpr auto by_kind = columns("kind");
constexpr auto kind_key = columns("user_id", "kind");
constexpr auto by_user = columns("user_id");
constexpr auto by_name = columns("user_id", "name");
constexpr auto by_own_name = columns("name");

constexpr auto identity_key = columns("user_id", "kind", "match_key");
constexpr auto participant_key = columns("user_id", "interaction_id", "ordinal");
constexpr auto contact_tag_key = columns("user_id", "contact_id", "tag_id");
constexpr auto cursor_key = columns("user_id", "connection_id", "service", "scope");
constexpr auto change_key = columns("user_id", "batch_id", "seq");
constexpr auto decision_key = columns("user_id", "batch_id", "match_key", "rule");
constexpr auto audit_key = columns("user_id", "sequence");
constexpr auto failure_key = columns("user_id", "job_id", "attempt");
constexpr auto unique_key = columns("user_id", "kind", "unique_key");
constexpr auto embedding_key = columns("user_id", "model", "chunk");
constexpr auto quota_key = columns("user_id", "period");

constexpr CopiedTable with_key(std::string_view name, Key key) {
  return {.name = name, .sqlite_key = key, .postgres_key = key};
}
constexpr CopiedTable with_rowid(std::string_view name) {
  return {.name = name, .sqlite_key = by_rowid, .postgres_key = by_place};
}

constexpr auto tables = std::to_array<CopiedTable>({
    with_key("connections", by_id),
    with_rowid("contacts"),
    with_key("contact_identities", identity_key),
    with_key("organizations", by_id),
    {.name = "interactions", .sqlite_key = by_rowid, .postgres_key = by_place, .place_column = "seq"},
    with_key("interaction_participants", participant_key),
    with_rowid("raw_events"),
    with_rowid("raw_payloads"),
    with_rowid("documents"),
    with_key("tags", by_id),
    with_key("contact_tags", contact_tag_key),
    with_key("segments", by_id),
    with_key("tasks", by_id),
    with_key("sync_plans", by_id),
    with_key("sync_batches", by_id),
    with_key("sync_cursors", cursor_key),
    with_key("batch_changes", change_key),
    with_key("suppressions", by_id),
    with_key("contact_decisions", decision_key),
    with_key("audit_log", audit_key),
    with_key("audit_heads", by_user),
    with_rowid("outbox"),
    with_key("webhook_endpoints", by_id),
    with_key("webhook_deliveries", by_id),
    with_key("models", by_id),
    with_key("model_outcomes", by_id),
    {.name = "embeddings", .sqlite_key = embedding_key, .postgres_key = embedding_key, .own_column = "seq"},
    with_key("insights", by_id),
    with_key("ai_quotas", quota_key),
    with_key("ai_usage", by_id),
    with_key("rate_limits", by_name),
    with_key("settings", by_name),
    with_key("schedules", by_id),
    with_key("leaders", by_own_name),
    with_key("job_unique", unique_key),
    with_key("job_failures", failure_key),
    with_rowid("job_waits"),
    with_key("job_pauses", kind_key),
    with_key("job_rates", by_kind),
    with_key(jobs_view, by_id),
});

constexpr auto made = std::to_array<std::string_view>({"interaction_text", "contact_text"});

// Behind `jobs_view`; and who ran what, which is over.
constexpr auto left_out_of_sqlite =
    std::to_array<std::string_view>({"jobs", "job_clocks", "job_leases", "job_receipts", "workers"});
constexpr auto left_out_of_postgres =
    std::to_array<std::string_view>({"jobs", "job_cancels", "job_clocks", "job_leases", "job_lines",
                                     "job_ready", "job_receipts", "job_scheduled", "workers"});

}  // namespace

std::span<const CopiedTable> copied_tables() {
  return tables;
}

std::span<const std::string_view> made_tables() {
  return made;
}

std::span<const std::string_view> left_out_tables(storage::Dialect dialect) {
  if (dialect == storage::Dialect::sqlite) return left_out_of_sqlite;
  return left_out_of_postgres;
}

}  // namespace omnicrm::copy
