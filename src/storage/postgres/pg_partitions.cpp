#include "storage/postgres/pg_partitions.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/postgres/pg_sql.hpp"

namespace omnicrm::storage {
namespace {

/// Not `jobs` and what belongs to them: claiming goes through all users' rows in one order.
constexpr std::array<std::string_view, 12> large_tables = {
    "contacts",     "contact_identities", "interactions", "interaction_participants",
    "raw_events",   "raw_payloads",       "documents",    "batch_changes",
    "contact_tags", "audit_log",          "contact_text", "interaction_text"};

constexpr std::string_view create_table = "CREATE TABLE ";

/// The large table that a statement makes.
std::string_view made_by(std::string_view statement) {
  const auto at = statement.find(create_table);
  if (at == std::string_view::npos) return {};
  // Only comments and spaces stand before it.
  for (std::string_view before = statement.substr(0, at); !before.empty();) {
    const auto end = std::min(before.find('\n'), before.size() - 1);
    const std::string_view line = before.substr(0, end + 1);
    const auto first = line.find_first_not_of(" \n\t");
    if (first != std::string_view::npos && line.substr(first, 2) != "--") return {};
    before.remove_prefix(end + 1);
  }
  const std::string_view rest = statement.substr(at + create_table.size());
  const std::string_view name = rest.substr(0, rest.find_first_of(" ("));
  return std::ranges::find(large_tables, name) == large_tables.end() ? std::string_view() : name;
}

}  // namespace

Result<std::string> with_partitions(std::string_view sql, std::size_t count) {
  if (count == 0) return std::string(sql);
  OMNICRM_ASSIGN(const auto statements, split_script(sql));
  std::string text;
  std::vector<std::string_view> split;
  for (const std::string_view statement : statements) {
    const std::string_view table = made_by(statement);
    text += statement;
    if (!table.empty()) {
      split.push_back(table);
      text += " PARTITION BY HASH (user_id)";
    }
    text += ";\n";
  }
  // At the end: they take over indexes, references and triggers, and none of the rights.
  for (const std::string_view table : split) {
    for (std::size_t part = 0; part < count; ++part) {
      text += fmt::format(
          "CREATE TABLE {0}_p{1} PARTITION OF {0} FOR VALUES WITH (MODULUS {2}, REMAINDER {1});\n"
          "ALTER TABLE {0}_p{1} ENABLE ROW LEVEL SECURITY;\n"
          "ALTER TABLE {0}_p{1} FORCE ROW LEVEL SECURITY;\n",
          table, part, count);
    }
  }
  return text;
}

}  // namespace omnicrm::storage
