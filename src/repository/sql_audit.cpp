#include "repository/sql_audit.hpp"

#include <limits>

#include "repository/audit_log.hpp"
#include "repository/bound_sql.hpp"
#include "repository/cursor.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view list_sql = R"sql(
  SELECT sequence, at, actor, operation, subject, subject_id, batch_id, details, previous_hash, hash
  FROM audit_log WHERE user_id = ? AND sequence < ?)sql";

constexpr std::string_view chain_sql = R"sql(
  SELECT sequence, at, actor, operation, subject, subject_id, batch_id, details, previous_hash, hash
  FROM audit_log WHERE user_id = ? ORDER BY sequence)sql";

AuditEntry read_entry(const storage::Query& row) {
  return {.sequence = row.get<std::int64_t>(0),
          .at = row.get<Timestamp>(1),
          .actor = row.get<std::string>(2),
          .operation = row.get<std::string>(3),
          .subject = row.get<std::string>(4),
          .subject_id = row.get<std::string>(5),
          .batch_id = row.get<std::optional<BatchId>>(6),
          .details = row.get<Json>(7),
          .previous_hash = row.get<std::string>(8),
          .hash = row.get<std::string>(9)};
}

std::string query_name(const AuditFilter& filter) {
  return "audit.list\n" + filter.operation + '\n' + filter.subject_id + '\n' +
         (filter.batch_id ? filter.batch_id->to_string() : "");
}

/// Walks the chain entry by entry.
class ChainCheck {
 public:
  /// False when `entry` is not the next one as it was written.
  bool follow(const AuditEntry& entry) {
    const std::int64_t expected = last_sequence_ + 1;
    if (entry.sequence != expected) return bad(expected, "the entry is missing");
    if (entry.previous_hash != last_hash_) return bad(expected, "it does not follow the entry before it");
    if (audit_hash(entry) != entry.hash) return bad(expected, "its content is not what was written");
    last_sequence_ = expected;
    last_hash_ = entry.hash;
    ++verification_.entries;
    return true;
  }

  AuditVerification finish(std::int64_t head_sequence, std::string_view head_hash) {
    if (!verification_.intact) return verification_;
    if (head_sequence > last_sequence_) {
      bad(last_sequence_ + 1, "the entry is missing at the end");
    } else if (head_sequence < last_sequence_) {
      bad(head_sequence + 1, "the entry was added behind the library's back");
    } else if (head_hash != last_hash_) {
      bad(last_sequence_, "the chain does not end as it was written");
    }
    return verification_;
  }

 private:
  bool bad(std::int64_t sequence, std::string reason) {
    verification_.intact = false;
    verification_.first_bad_sequence = sequence;
    verification_.reason = "entry " + std::to_string(sequence) + ": " + std::move(reason);
    return false;
  }

  AuditVerification verification_;
  std::int64_t last_sequence_ = 0;
  std::string last_hash_;
};

}  // namespace

Result<Page<AuditEntry>> SqlAudit::list(const AuditFilter& filter, const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  const std::string query = query_name(filter);
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(auto keys, read_cursor<std::int64_t>(query, page.cursor));
    before = std::get<0>(keys);
  }
  return unit_.read([&](storage::Connection& connection) -> Result<Page<AuditEntry>> {
    BoundSql sql;
    sql.add(list_sql, unit_.user(), before);
    if (!filter.operation.empty()) sql.add(" AND operation = ?", filter.operation);
    if (!filter.subject_id.empty()) sql.add(" AND subject_id = ?", filter.subject_id);
    if (filter.batch_id) sql.add(" AND batch_id = ?", *filter.batch_id);
    sql.add(" ORDER BY sequence DESC LIMIT ?", page.limit + 1);
    OMNICRM_ASSIGN(auto rows, sql.run(connection));
    Page<AuditEntry> answer;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return answer;
      if (std::ssize(answer.items) == page.limit) {
        answer.next = make_cursor(query, answer.items.back().sequence);
        return answer;
      }
      answer.items.push_back(read_entry(rows));
    }
  });
}

Result<AuditVerification> SqlAudit::verify() {
  return unit_.read([&](storage::Connection& connection) -> Result<AuditVerification> {
    std::int64_t head_sequence = 0;
    std::string head_hash;
    {
      OMNICRM_ASSIGN(auto head, storage::Query::run(
                                    connection, "SELECT sequence, hash FROM audit_heads WHERE user_id = ?",
                                    unit_.user()));
      OMNICRM_ASSIGN(const bool found, head.next());
      if (found) {
        head_sequence = head.get<std::int64_t>(0);
        head_hash = head.get<std::string>(1);
      }
    }
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, chain_sql, unit_.user()));
    rows.statement().stream();
    ChainCheck check;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more || !check.follow(read_entry(rows))) break;
    }
    return check.finish(head_sequence, head_hash);
  });
}

}  // namespace omnicrm::repository
