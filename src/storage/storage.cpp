#include <omnicrm/storage/storage.hpp>

#include <string>

namespace omnicrm::storage {

void StatementReturn::operator()(Statement* statement) const noexcept {
  if (owner != nullptr) owner->give_back(statement);
}

Result<StatementPtr> Connection::prepare_insert(std::string_view table,
                                                std::span<const std::string_view> columns,
                                                std::string_view on_conflict) {
  std::string names;
  std::string marks;
  for (const std::string_view column : columns) {
    names.append(names.empty() ? "" : ", ").append(column);
    marks.append(marks.empty() ? "?" : ", ?");
  }
  std::string sql = "INSERT INTO ";
  sql.append(table).append(" (").append(names).append(") VALUES (").append(marks).append(")");
  if (!on_conflict.empty()) sql.append(" ").append(on_conflict);
  return prepare(sql);
}

Result<std::unique_ptr<Signals>> Storage::signals(std::function<void(std::string_view text)> /*heard*/) {
  return std::unique_ptr<Signals>();
}

}  // namespace omnicrm::storage
