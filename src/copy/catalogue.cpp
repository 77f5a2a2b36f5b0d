#include "copy/catalogue.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

// A view's computed columns have no type there.
constexpr std::string_view sqlite_columns =
    "SELECT t.name, c.name, CASE WHEN c.type <> '' THEN c.type WHEN c.name = 'state' THEN 'TEXT' ELSE "
    "'INTEGER' END "
    "FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c "
    "WHERE t.schema = 'main' AND (t.type IN ('table', 'virtual') OR t.name = ?) AND "
    "t.name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY t.name, c.name";

// Partitions are how a table is kept, not tables of their own.
constexpr std::string_view postgres_columns =
    "SELECT c.relname::text, a.attname::text, y.typname::text FROM pg_class c "
    "JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type y ON y.oid = a.atttypid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND (c.relkind IN ('r', 'p') OR c.relname = ?) "
    "AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY c.relname::text COLLATE \"C\", a.attname::text COLLATE \"C\"";

Kind kind_of(std::string_view type) {
  static constexpr auto kinds = std::to_array<std::pair<std::string_view, Kind>>({
      {"INTEGER", Kind::integer},
      {"REAL", Kind::real},
      {"TEXT", Kind::text},
      {"BLOB", Kind::blob},
      {"int2", Kind::integer},
      {"int4", Kind::integer},
      {"int8", Kind::integer},
      {"float8", Kind::real},
      {"text", Kind::text},
      {"uuid", Kind::blob},
      {"bytea", Kind::blob},
  });
  for (const auto& [name, kind] : kinds) {
    if (name == type) return kind;
  }
  return Kind::other;
}

tl::unexpected<Error> lacking(std::string_view side, const std::string& what) {
  return failure(ErrorCode::failed_precondition, std::string(side) + ": " + what);
}

/// What a copy would lose without a word.
Result<void> check_known(std::string_view side, const Catalogue& catalogue) {
  std::set<std::string_view> known(made_tables().begin(), made_tables().end());
  known.insert(history_table);
  for (const CopiedTable& table : copied_tables()) known.insert(table.name);
  for (const auto& [name, columns] : catalogue) {
    if (!known.contains(name)) return lacking(side, "a copy does not know what to do with table " + name);
  }
  return {};
}

}  // namespace

Result<Catalogue> read_catalogue(storage::Connection& connection) {
  const bool is_sqlite = connection.dialect() == storage::Dialect::sqlite;
  OMNICRM_ASSIGN(storage::Query rows,
                 storage::Query::run(connection, is_sqlite ? sqlite_columns : postgres_columns, jobs_view));
  const auto left_out = left_out_tables(connection.dialect());
  Catalogue catalogue;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return catalogue;
    std::string table = rows.get<std::string>(0);
    if (std::ranges::find(left_out, table) != left_out.end()) continue;
    catalogue[std::move(table)].push_back(
        {.name = rows.get<std::string>(1), .kind = kind_of(rows.statement().get_text(2))});
  }
}

std::vector<Column> copied_columns(const Catalogue& catalogue, const CopiedTable& table) {
  std::vector<Column> columns;
  const auto found = catalogue.find(table.name);
  if (found == catalogue.end()) return columns;
  for (const Column& column : found->second) {
    if (column.name == table.own_column) continue;
    columns.push_back(column);
    columns.back().is_counted = column.name != table.place_column;
  }
  return columns;
}

Result<void> compare(const Catalogue& from, const Catalogue& to) {
  OMNICRM_TRY(check_known("from", from));
  OMNICRM_TRY(check_known("to", to));
  for (const CopiedTable& table : copied_tables()) {
    const std::string name(table.name);
    const auto ours = copied_columns(from, table);
    const auto theirs = copied_columns(to, table);
    if (ours.empty()) return lacking("from", "has no table " + name);
    if (theirs.empty()) return lacking("to", "has no table " + name);
    const auto [mine, other] = std::ranges::mismatch(ours, theirs);
    if (mine == ours.end() && other == theirs.end()) continue;
    const bool is_shared = mine != ours.end() && other != theirs.end() && mine->name == other->name;
    if (is_shared) return lacking("to", "column " + name + "." + mine->name + " is of another kind");
    // The lists are sorted: the lesser name is the one that the other list lacks.
    if (other == theirs.end() || (mine != ours.end() && mine->name < other->name)) {
      return lacking("to", "has no column " + name + "." + mine->name);
    }
    return lacking("from", "has no column " + name + "." + other->name);
  }
  return {};
}

}  // namespace omnicrm::copy
