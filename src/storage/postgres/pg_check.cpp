#include "storage/postgres/pg_check.hpp"

#include <utility>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

// Partitions are an option of the operator's, the tables behind them are the schema.
constexpr std::string_view objects_sql = R"sql(
  WITH tables AS (
    SELECT c.oid, c.relname::text AS name, c.relforcerowsecurity, c.relrowsecurity FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname <> 'schema_migrations'
  )
  SELECT line FROM (
  SELECT 'column ' || t.name || '.' || a.attname || ' ' || y.typname || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid JOIN pg_type y ON y.oid = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'index ' || i.relname || ' of ' || t.name || CASE WHEN x.indisunique THEN ' unique' ELSE '' END
    FROM tables t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
  UNION ALL SELECT 'policy ' || p.polname || ' of ' || t.name || ' for ' || p.polcmd::text
    FROM tables t JOIN pg_policy p ON p.polrelid = t.oid
  UNION ALL SELECT 'trigger ' || g.tgname || ' of ' || t.name
    FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
  UNION ALL SELECT 'row security of ' || t.name FROM tables t WHERE t.relrowsecurity AND t.relforcerowsecurity
  UNION ALL SELECT 'function ' || p.proname || ' ' || md5(p.prosrc)
    FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  ) AS objects (line) ORDER BY line COLLATE "C")sql";

constexpr std::string_view problems_sql = R"sql(
  SELECT 'table ' || c.relname || ': row-level security is off or not forced' FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id'
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
  UNION ALL SELECT 'index ' || i.relname || ': not finished or damaged' FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    WHERE i.relnamespace = current_schema()::regnamespace AND NOT (x.indisvalid AND x.indisready)
  UNION ALL SELECT 'role ' || rolname || ': may pass row-level security' FROM pg_roles
    WHERE rolname IN ('omnicrm_app', 'omnicrm_admin') AND (rolsuper OR rolbypassrls)
  ORDER BY 1)sql";

constexpr std::string_view has_migrations_sql =
    "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
    "AND relname = 'schema_migrations'";

Result<std::vector<std::string>> list(Connection& connection, std::string_view sql) {
  std::vector<std::string> lines;
  OMNICRM_ASSIGN(Query rows, Query::run(connection, sql));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return lines;
    lines.push_back(rows.get<std::string>(0));
  }
}

Result<bool> has_migrations(Connection& connection) {
  OMNICRM_ASSIGN(const auto count, query_one<std::int64_t>(connection, has_migrations_sql));
  return count.value_or(0) != 0;
}

}  // namespace

Result<std::string> pg_fingerprint(Connection& connection) {
  OMNICRM_ASSIGN(const auto objects, list(connection, objects_sql));
  std::string text;
  for (const std::string& object : objects) text.append(object).push_back('\0');
  return sha256_hex(text);
}

Result<std::vector<std::string>> pg_problems(Connection& connection) {
  std::vector<std::string> problems;
  OMNICRM_ASSIGN(const bool migrated, has_migrations(connection));
  if (!migrated) return problems;
  OMNICRM_ASSIGN(problems, list(connection, problems_sql));
  OMNICRM_ASSIGN(const auto expected,
                 query_one<std::string>(
                     connection, "SELECT schema_hash FROM schema_migrations ORDER BY number DESC LIMIT 1"));
  OMNICRM_ASSIGN(const std::string found, pg_fingerprint(connection));
  if (expected && *expected != found)
    problems.emplace_back("the schema differs from what the migrations made");
  return problems;
}

Result<bool> pg_is_foreign(Connection& connection) {
  OMNICRM_ASSIGN(const bool migrated, has_migrations(connection));
  if (migrated) {
    // Others have a table of that name, too: with a `version`, or a `checksum` of their own kind.
    OMNICRM_ASSIGN(const auto columns,
                   query_one<std::int64_t>(
                       connection,
                       "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations') "
                       "AND attname IN ('number', 'name', 'checksum', 'schema_hash', 'applied_at')"));
    return columns.value_or(0) != 5;
  }
  OMNICRM_ASSIGN(const auto tables,
                 query_one<std::int64_t>(
                     connection,
                     "SELECT count(*) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace "
                     "AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT EXISTS (SELECT 1 FROM pg_depend d "
                     "WHERE d.objid = c.oid AND d.deptype = 'e')"));
  return tables.value_or(0) != 0;
}

}  // namespace omnicrm::storage
