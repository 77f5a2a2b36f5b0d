#include "repository/contact_list.hpp"

#include "repository/contact_rows.hpp"
#include "repository/cursor.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view from_sql =
    " FROM contacts c WHERE c.user_id = ? AND c.deleted_at IS NULL "
    "AND c.merged_into IS NULL";

Result<void> add_start(BoundSql& sql, ContactOrder order, std::string_view query, const std::string& cursor) {
  if (cursor.empty()) return {};
  if (order == ContactOrder::name) {
    OMNICRM_ASSIGN(const auto keys, read_cursor<std::string, ContactId>(query, cursor));
    sql.add(" AND (c.sort_name, c.id) > (?, ?)", std::get<0>(keys), std::get<1>(keys));
    return {};
  }
  OMNICRM_ASSIGN(const auto keys, read_cursor<Timestamp, ContactId>(query, cursor));
  sql.add(order == ContactOrder::created ? " AND (c.created_at, c.id) < (?, ?)"
                                         : " AND (c.updated_at, c.id) < (?, ?)",
          std::get<0>(keys), std::get<1>(keys));
  return {};
}

std::string_view order_sql(ContactOrder order) {
  switch (order) {
    case ContactOrder::created:
      return " ORDER BY c.created_at DESC, c.id DESC LIMIT ?";
    case ContactOrder::updated:
      return " ORDER BY c.updated_at DESC, c.id DESC LIMIT ?";
    case ContactOrder::name:
      break;
  }
  return " ORDER BY c.sort_name, c.id LIMIT ?";
}

std::string cursor_after(const Contact& last, ContactOrder order, std::string_view query) {
  switch (order) {
    case ContactOrder::created:
      return make_cursor(query, last.created_at, last.id);
    case ContactOrder::updated:
      return make_cursor(query, last.updated_at, last.id);
    case ContactOrder::name:
      break;
  }
  return make_cursor(query, sort_name(last.display_name), last.id);
}

}  // namespace

Result<Page<Contact>> list_contacts(storage::Connection& connection, const Unit& unit,
                                    const BoundSql& condition, ContactOrder order, const PageRequest& page,
                                    std::string_view query) {
  OMNICRM_TRY(check_page(page));
  BoundSql sql;
  sql.add("SELECT ").add(column_list<Contact, "c.">()).add(from_sql, unit.user()).add(condition);
  OMNICRM_TRY(add_start(sql, order, query, page.cursor));
  sql.add(order_sql(order), page.limit + 1);
  OMNICRM_ASSIGN(storage::Query rows, sql.run(connection));
  Page<Contact> answer;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return answer;
    if (std::ssize(answer.items) == page.limit) {
      answer.next = cursor_after(answer.items.back(), order, query);
      return answer;
    }
    OMNICRM_ASSIGN(Contact contact, read_row<Contact>(rows.statement()));
    answer.items.push_back(std::move(contact));
  }
}

}  // namespace omnicrm::repository
