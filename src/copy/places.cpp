#include "copy/places.hpp"

#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "repository/interaction_rows.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

/// Sequences that are some column's default.
constexpr std::string_view sequences_sql = R"sql(
  SELECT s.relname::text, t.relname::text, a.attname::text FROM pg_attrdef f
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
      AND d.refclassid = 'pg_class'::regclass
    JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
    JOIN pg_class t ON t.oid = f.adrelid AND NOT t.relispartition
    JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
  WHERE t.relnamespace = current_schema()::regnamespace ORDER BY 1)sql";

struct Sequence {
  std::string name, table, column;
};

Result<std::vector<Sequence>> sequences(storage::Connection& connection) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sequences_sql));
  std::vector<Sequence> found;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return found;
    found.push_back({rows.get<std::string>(0), rows.get<std::string>(1), rows.get<std::string>(2)});
  }
}

}  // namespace

Result<std::int64_t> free_place(storage::Connection& to, std::int64_t wanted) {
  constexpr UserId anybody{};
  OMNICRM_ASSIGN(const auto taken,
                 storage::query_one<std::int64_t>(to, "SELECT 1 FROM interactions WHERE seq = ?", wanted));
  if (!taken) return wanted;
  return repository::free_place_of_minute(to, anybody, wanted);
}

Result<void> settle_tables(storage::Connection& to) {
  if (to.dialect() == storage::Dialect::sqlite) return {};
  OMNICRM_ASSIGN(const auto all, sequences(to));
  for (const Sequence& sequence : all) {
    const std::string highest = "SELECT MAX(" + sequence.column + ") FROM " + sequence.table;
    OMNICRM_ASSIGN(const auto most, storage::query_one<std::optional<std::int64_t>>(to, highest));
    if (!most || !*most) continue;
    OMNICRM_TRY(storage::query_one<std::int64_t>(to, "SELECT setval(CAST(CAST(? AS text) AS regclass), ?)",
                                                 sequence.name, **most));
  }
  const auto analyze = [&to](std::string_view table) { return to.execute("ANALYZE " + std::string(table)); };
  for (const CopiedTable& table : copied_tables()) {
    if (table.name != jobs_view) OMNICRM_TRY(analyze(table.name));
  }
  for (const std::string_view table : left_out_tables(to.dialect())) OMNICRM_TRY(analyze(table));
  for (const std::string_view table : made_tables()) OMNICRM_TRY(analyze(table));
  return {};
}

}  // namespace omnicrm::copy
