#include "repository/suppressed_items.hpp"

#include "core/errors.hpp"
#include "model/json_list.hpp"
#include "repository/dialect.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {

std::string item_name(std::string_view service, std::string_view source_id) {
  return std::string(service) + ':' + std::string(source_id);
}

Result<std::set<std::string, std::less<>>> suppressed_items(storage::Connection& connection, UserId user,
                                                            std::span<const std::string> names) {
  const std::string sql = "SELECT value FROM suppressions WHERE user_id = ? AND kind = 'item' AND value" +
                          std::string(dialect_of(connection).in_texts);
  const std::string list = json_list(names);
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, user, list));
  std::set<std::string, std::less<>> suppressed;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return suppressed;
    suppressed.insert(rows.get<std::string>(0));
  }
}

}  // namespace omnicrm::repository
