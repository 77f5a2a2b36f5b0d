#include "storage/postgres/pg_growth.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

constexpr std::int64_t first_look = 300;
constexpr std::int64_t growth = 10;
constexpr std::int64_t last_look =
    1'000'000;  // the analysis takes a second, and a minute is no time any more

/// The columns of its indexes: what plans are chosen by. Bodies and payloads would cost more than they tell.
constexpr std::string_view table_sql = R"sql(
  SELECT CAST(c.reltuples AS bigint), (
    SELECT string_agg(DISTINCT quote_ident(a.attname), ', ') FROM pg_index x
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (x.indkey)
    WHERE x.indrelid = c.oid AND a.atttypid <> CAST('tsvector' AS regtype))
  FROM pg_class c WHERE c.oid = to_regclass(?) AND pg_has_role(c.relowner, 'USAGE'))sql";

/// Partitions are left to autovacuum.
constexpr std::string_view pending_sql = R"sql(
  SELECT gin_clean_pending_list(i.oid) FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i' AND pg_has_role(i.relowner, 'USAGE')
    JOIN pg_am m ON m.oid = i.relam AND m.amname = 'gin'
  WHERE x.indisvalid AND x.indrelid = ANY (string_to_array(?, ',')::regclass[]))sql";
constexpr std::int64_t many = 200;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t';
}

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_space) - text.begin()), text.size()));
  const auto end = std::ranges::find_if(text, [](char c) { return is_space(c) || c == '('; });
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

std::string_view inserted_table(std::string_view sql) {
  if (next_word(sql) != "INSERT" || next_word(sql) != "INTO") return {};
  return next_word(sql);
}

std::vector<std::string> PgGrowth::note(const PgInserted& inserted) {
  std::vector<std::string> due;
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, rows] : inserted) {
    Table& table = tables_[name];
    table.inserted += rows;
    const std::int64_t wanted = std::max(first_look, table.known * (growth - 1));
    if (table.inserted < wanted || table.known >= last_look) continue;
    table.known += table.inserted;
    table.inserted = 0;
    due.push_back(name);
  }
  return due;
}

Result<void> PgGrowth::tend(Connection& connection, const std::string& name) {
  OMNICRM_ASSIGN(Query table, Query::run(connection, table_sql, name));
  OMNICRM_ASSIGN(const bool is_ours, table.next());
  if (!is_ours) return {};
  const auto analyzed = std::max<std::int64_t>(0, table.get<std::int64_t>(0));
  {
    const std::scoped_lock lock(mutex_);
    Table& entry = tables_[name];
    if (analyzed > entry.known) entry.known = analyzed;
    if (analyzed * growth > entry.known) return {};
  }
  OMNICRM_TRY(connection.execute("SET LOCAL lock_timeout = '200ms'"));  // another process is at it
  const auto columns = table.get<std::string>(1);
  return connection.execute(columns.empty() ? fmt::format("ANALYZE {}", name)
                                            : fmt::format("ANALYZE {} ({})", name, columns));
}

bool PgGrowth::is_much(const PgInserted& inserted) {
  return std::ranges::any_of(inserted, [](const auto& table) { return table.second >= many; });
}

Result<void> PgGrowth::sort_in(Connection& connection, const PgInserted& inserted) {
  std::string tables;
  for (const auto& [name, rows] : inserted) {
    if (rows >= many) tables += (tables.empty() ? "" : ",") + name;
  }
  OMNICRM_ASSIGN(Query indexes, Query::run(connection, pending_sql, tables));
  while (true) {
    OMNICRM_ASSIGN(const bool more, indexes.next());
    if (!more) return {};
  }
}

}  // namespace omnicrm::storage
