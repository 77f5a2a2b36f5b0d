#include "storage/postgres/pg_online.hpp"

#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/postgres/pg_sql.hpp"

namespace omnicrm::storage {
namespace {

struct OnlineIndex {
  bool is_unique = false;
  std::string name;
  std::string table;
  std::string rest;  // "(user_id, ...) WHERE ..."

  [[nodiscard]] std::string sql(std::string_view how, std::string_view index, std::string_view on) const {
    return fmt::format("CREATE {}INDEX {}{} ON {} {}", is_unique ? "UNIQUE " : "", how, index, on, rest);
  }
};

std::string_view next_word(std::string_view& text) {
  const auto begin = text.find_first_not_of(" \n\t");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  const std::string_view word = text.substr(0, text.find_first_of(" \n\t("));
  text.remove_prefix(word.size());
  return word;
}

Result<OnlineIndex> parse(std::string_view statement) {
  std::string_view rest = statement;
  while (rest.find_first_not_of(" \n\t") != std::string_view::npos &&
         rest.substr(rest.find_first_not_of(" \n\t"), 2) == "--") {
    rest.remove_prefix(std::min(rest.find('\n', rest.find("--")), rest.size()));
  }
  OnlineIndex index;
  std::string_view word = next_word(rest);
  const bool creates = word == "CREATE";
  word = next_word(rest);
  index.is_unique = word == "UNIQUE";
  if (index.is_unique) word = next_word(rest);
  const bool is_online = word == "INDEX" && next_word(rest) == "CONCURRENTLY";
  index.name = next_word(rest);
  const bool has_on = next_word(rest) == "ON";
  index.table = next_word(rest);
  index.rest = rest;
  if (creates && is_online && has_on && !index.table.empty()) return index;
  return failure(
      ErrorCode::internal,
      fmt::format("only CREATE INDEX CONCURRENTLY runs outside a transaction: {}", statement.substr(0, 100)));
}

/// The first column of all rows.
Result<std::vector<std::string>> ask(PgLink& link, std::string_view sql, const std::string& name) {
  const std::array<PgBound, 1> values = {PgBound{PgBound::Kind::text, 0, 0, name}};
  PgParameters parameters;
  OMNICRM_TRY(parameters.encode(values, std::array<Oid, 1>{pg_text_type}));
  PgResult reply;
  link.send(sql, parameters, {pg_text_type}, &reply);
  OMNICRM_TRY(link.settle());
  std::vector<std::string> rows;
  for (int row = 0; row < PQntuples(reply.get()); ++row) rows.emplace_back(PQgetvalue(reply.get(), row, 0));
  return rows;
}

Result<void> run(PgLink& link, const std::string& sql) {
  link.send(sql);
  return link.settle();
}

/// Whether an index is there and finished.
Result<std::optional<bool>> find(PgLink& link, const std::string& name) {
  OMNICRM_ASSIGN(
      const auto rows,
      ask(link,
          "SELECT CAST(x.indisvalid AND x.indisready AS text) FROM pg_index x JOIN pg_class i ON "
          "i.oid = x.indexrelid WHERE i.relname = $1 AND i.relnamespace = current_schema()::regnamespace",
          name));
  if (rows.empty()) return std::optional<bool>();
  return std::optional<bool>(rows.front() == "true");
}

Result<void> make_one(PgLink& link, const OnlineIndex& index, const std::string& name,
                      const std::string& table) {
  OMNICRM_ASSIGN(const auto finished, find(link, name));
  if (finished.value_or(false)) return {};
  if (finished) OMNICRM_TRY(run(link, fmt::format("DROP INDEX CONCURRENTLY {}", name)));
  return run(link, index.sql("CONCURRENTLY ", name, table));
}

/// CREATE INDEX, "Building Indexes Concurrently": of a partitioned table's each partition, then the table's
/// own, which becomes valid with the last one attached.
Result<void> make_parts(PgLink& link, const OnlineIndex& index, const std::vector<std::string>& partitions) {
  OMNICRM_ASSIGN(const auto finished, find(link, index.name));
  if (finished.value_or(false)) return {};
  for (const std::string& partition : partitions) {
    OMNICRM_TRY(make_one(link, index, fmt::format("{}_{}", index.name, partition), partition));
  }
  if (!finished) OMNICRM_TRY(run(link, index.sql("", index.name, "ONLY " + index.table)));
  for (const std::string& partition : partitions) {
    OMNICRM_TRY(run(link, fmt::format("ALTER INDEX {0} ATTACH PARTITION {0}_{1}", index.name, partition)));
  }
  return {};
}

}  // namespace

Result<void> make_indexes_online(PgLink& link, std::string_view sql) {
  OMNICRM_ASSIGN(const auto statements, split_script(sql));
  for (const std::string_view statement : statements) {
    OMNICRM_ASSIGN(const OnlineIndex index, parse(statement));
    OMNICRM_ASSIGN(const auto partitions,
                   ask(link,
                       "SELECT c.relname::text FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid "
                       "WHERE h.inhparent = to_regclass($1) ORDER BY c.relname",
                       index.table));
    OMNICRM_TRY(partitions.empty() ? make_one(link, index, index.name, index.table)
                                   : make_parts(link, index, partitions));
  }
  return {};
}

}  // namespace omnicrm::storage
