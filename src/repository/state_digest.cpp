#include "repository/state_digest.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "repository/row_sql.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

struct DigestedTable {
  std::string_view name;
  std::string columns;
  int column_count;
  std::string_view order;
};

template <class T>
DigestedTable table(std::string_view extra, int extra_count, std::string_view order = "id") {
  std::string columns(column_list<T>());
  if (extra_count > 0) columns += ", " + std::string(extra);
  return {Table<T>::name, std::move(columns), static_cast<int>(column_count<T>) + extra_count, order};
}

const std::array<DigestedTable, 15>& tables() {
  static const std::array<DigestedTable, 15> all = {
      table<Contact>("sort_name", 1),
      DigestedTable{"contact_identities", "kind, match_key, contact_id, value", 4, "kind, match_key"},
      table<Organization>("sort_name", 1),
      table<Interaction>("", 0),
      DigestedTable{"interaction_participants",
                    "interaction_id, ordinal, role, address, match_key, name, response, contact_id, is_self, "
                    "occurred_at",
                    10, "interaction_id, ordinal"},
      table<RawEvent>("", 0),
      DigestedTable{"(SELECT r.user_id, r.id, p.payload FROM raw_events r JOIN raw_payloads p "
                    "ON p.user_id = r.user_id AND p.seq = r.seq) AS payloads",
                    "id, payload", 2, "id"},
      table<Document>("", 0),
      table<Tag>("sort_name", 1),
      DigestedTable{"contact_tags", "contact_id, tag_id, batch_id, created_at", 4, "contact_id, tag_id"},
      table<Segment>("", 0),
      table<Task>("", 0),
      table<SyncCursor>("", 0, "connection_id, service, scope"),
      table<Suppression>("", 0),
      DigestedTable{"settings", "name, value", 2, "name"},
  };
  return all;
}

/// Lengths stand before values, so that no two rows look alike by shifting bytes from one column to the next.
void add_value(Sha256& hash, const storage::Statement& row, int column) {
  if (row.is_null(column)) {
    hash.update(std::string_view("\0", 1));
    return;
  }
  const auto bytes = row.get_blob(column);
  const std::uint64_t size = bytes.size();
  hash.update(std::string_view("\1", 1));
  hash.update({reinterpret_cast<const char*>(&size), sizeof(size)});
  hash.update({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

Result<std::string> state_digest(storage::Connection& connection, UserId user) {
  Sha256 hash;
  for (const DigestedTable& table : tables()) {
    hash.update(table.name);
    const std::string sql = "SELECT " + table.columns + " FROM " + std::string(table.name) +
                            " WHERE user_id = ? ORDER BY " + std::string(table.order);
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, user));
    rows.statement().stream();
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      for (int column = 0; column < table.column_count; ++column) add_value(hash, rows.statement(), column);
    }
  }
  return to_hex(hash.finish());
}

}  // namespace omnicrm::repository
