#include "storage/sqlite/schema_check.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

/// "table contacts" -> its SQL.
using Objects = std::map<std::string, std::string, std::less<>>;

/// The tables behind a virtual table (contact_text_data) are made by SQLite's version of the day: they must
/// be there, but their text may differ.
bool is_behind(std::string_view name, const std::vector<std::string>& virtual_tables) {
  return std::any_of(virtual_tables.begin(), virtual_tables.end(), [&](const std::string& table) {
    return name.size() > table.size() && name.starts_with(table) && name[table.size()] == '_';
  });
}

Result<Objects> objects_of(Connection& connection) {
  std::vector<std::string> virtual_tables;
  OMNICRM_ASSIGN(
      Query tables,
      Query::run(connection, "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"));
  while (true) {
    OMNICRM_ASSIGN(const bool more, tables.next());
    if (!more) break;
    virtual_tables.push_back(tables.get<std::string>(0));
  }
  Objects objects;
  OMNICRM_ASSIGN(Query rows,
                 Query::run(connection,
                            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL "
                            "AND name NOT LIKE 'sqlite^_%' ESCAPE '^' AND name <> 'schema_migrations'"));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return objects;
    auto name = rows.get<std::string>(1);
    auto sql = is_behind(name, virtual_tables) ? std::string() : rows.get<std::string>(2);
    objects.emplace(fmt::format("{} {}", rows.get<std::string>(0), name), std::move(sql));
  }
}

std::string fingerprint_of(const Objects& objects) {
  std::string text;
  for (const auto& [name, sql] : objects) {
    text.append(name).push_back('\0');
    text.append(sql).push_back('\0');
  }
  return sha256_hex(text);
}

Result<Objects> expected_objects(std::span<const MigrationFile> migrations) {
  OMNICRM_ASSIGN(auto scratch, SqliteConnection::open(":memory:", "the expected schema",
                                                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  OMNICRM_TRY(scratch->control(Control::begin_write));
  for (const MigrationFile& file : migrations) OMNICRM_TRY(scratch->execute(file.sql));
  return objects_of(*scratch);
}

/// One problem a row; damage that stops the check is the last of them.
Result<void> collect(SqliteConnection& connection, std::string_view sql, std::vector<std::string>& problems,
                     FunctionRef<std::optional<std::string>(const Query&)> describe) {
  auto query = Query::run(connection, sql);
  while (query) {
    auto more = query->next();
    if (more && !*more) return {};
    if (!more) {
      query = fail(std::move(more).error());
      break;
    }
    if (auto problem = describe(*query)) problems.push_back(std::move(*problem));
  }
  if (query.error().code != ErrorCode::data_loss) return fail(std::move(query).error());
  problems.push_back(std::move(query).error().message);
  return {};
}

}  // namespace

Result<std::string> schema_fingerprint(Connection& connection) {
  OMNICRM_ASSIGN(const Objects objects, objects_of(connection));
  return fingerprint_of(objects);
}

Result<std::vector<std::string>> schema_problems(SqliteConnection& connection,
                                                 std::span<const MigrationFile> migrations) {
  std::vector<std::string> problems;
  OMNICRM_ASSIGN(const auto exists,
                 query_one<std::int64_t>(
                     connection, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'"));
  if (exists.value_or(0) == 0) return problems;
  OMNICRM_ASSIGN(Query last, Query::run(connection,
                                        "SELECT number, schema_hash FROM schema_migrations "
                                        "ORDER BY number DESC LIMIT 1"));
  OMNICRM_ASSIGN(const bool any, last.next());
  if (!any) return problems;
  OMNICRM_ASSIGN(const Objects found, objects_of(connection));
  if (fingerprint_of(found) == last.get<std::string>(1)) return problems;

  const auto count = std::min(migrations.size(), static_cast<std::size_t>(last.get<std::int64_t>(0)));
  OMNICRM_ASSIGN(const Objects expected, expected_objects(migrations.first(count)));
  for (const auto& [name, sql] : expected) {
    const auto object = found.find(name);
    if (object == found.end()) {
      problems.push_back(fmt::format("{} is missing", name));
    } else if (object->second != sql) {
      problems.push_back(fmt::format("{} was altered", name));
    }
  }
  return problems;
}

Result<std::vector<std::string>> file_problems(SqliteConnection& connection) {
  std::vector<std::string> problems;
  OMNICRM_TRY(collect(connection, "PRAGMA integrity_check(100)", problems,
                      [](const Query& row) -> std::optional<std::string> {
                        auto text = row.get<std::string>(0);
                        if (text == "ok") return std::nullopt;
                        return text;
                      }));
  OMNICRM_TRY(collect(
      connection, "PRAGMA foreign_key_check", problems, [](const Query& row) -> std::optional<std::string> {
        return fmt::format("table {}: row {} refers to nothing in {}", row.get<std::string>(0),
                           row.get<std::int64_t>(1), row.get<std::string>(2));
      }));
  return problems;
}

}  // namespace omnicrm::storage
