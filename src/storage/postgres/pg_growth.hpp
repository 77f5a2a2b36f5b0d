// How the tables grow, and the planner's statistics after them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

/// Rows that a transaction inserted, by table.
using PgInserted = std::vector<std::pair<std::string, std::int64_t>>;

/// A plan that was made while a table was empty, when all its indexes cost the same, may read all of a user's
/// rows for one of them, and the server keeps it: an import into a new database took four times as long.
/// Autovacuum looks once a minute. So whoever's commit brings a table to its first few hundred rows, and then
/// to ten times as many, has it analyzed, until autovacuum's own looks are frequent enough. (An analyzed
/// table's plans are made anew.) Thread-safe.
class PgGrowth {
 public:
  /// Tables that are due; each is told to one caller.
  [[nodiscard]] std::vector<std::string> note(const PgInserted& inserted);
  /// Brings a table's statistics up to date, unless another process did, or the role does not own it. In a
  /// transaction of the library's.
  [[nodiscard]] Result<void> tend(Connection& connection, const std::string& table);

  /// Whether so many rows were inserted that their words are to be sorted in.
  [[nodiscard]] static bool is_much(const PgInserted& inserted);
  /// Sorts in what the GIN indexes of these tables hold pending. Otherwise the commit that fills such a list
  /// up does that, while all other writers of its user wait. The same of connection and role.
  [[nodiscard]] static Result<void> sort_in(Connection& connection, const PgInserted& inserted);

 private:
  struct Table {
    std::int64_t known = 0;     ///< rows when it was last looked at
    std::int64_t inserted = 0;  ///< since then, by this storage
  };
  std::mutex mutex_;
  std::map<std::string, Table, std::less<>> tables_;
};

/// The table of an INSERT; empty for other statements.
[[nodiscard]] std::string_view inserted_table(std::string_view sql);

}  // namespace omnicrm::storage
