#include "repository/batch_changes.hpp"

#include "storage/query.hpp"

namespace omnicrm::repository {

Result<void> record_change(storage::Connection& connection, const Unit& unit, const RowChange& change) {
  if (!unit.batch()) return {};
  OMNICRM_TRY(
      storage::run(connection,
                   "INSERT INTO batch_changes (user_id, batch_id, seq, table_name, row_id, before, after) "
                   "VALUES (?1, ?2, (SELECT COALESCE(MAX(seq), 0) + 1 FROM batch_changes "
                   "WHERE user_id = ?1 AND batch_id = ?2), ?3, ?4, ?5, ?6)",
                   unit.user(), *unit.batch(), change.table, change.row_id, change.before, change.after));
  return {};
}

Result<std::vector<RowChange>> changes_of(storage::Connection& connection, UserId user, BatchId batch,
                                          std::int64_t limit) {
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection,
                                     "SELECT table_name, row_id, before, after FROM batch_changes "
                                     "WHERE user_id = ? AND batch_id = ? ORDER BY seq DESC LIMIT ?",
                                     user, batch, limit));
  std::vector<RowChange> changes;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return changes;
    changes.push_back({.table = rows.get<std::string>(0),
                       .row_id = rows.get<Uuid>(1),
                       .before = rows.get<std::optional<std::string>>(2),
                       .after = rows.get<std::optional<std::string>>(3)});
  }
}

}  // namespace omnicrm::repository
