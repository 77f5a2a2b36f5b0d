#include "repository/sql_tasks.hpp"

#include "repository/audit_log.hpp"
#include "repository/bound_sql.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_validation.hpp"
#include "repository/cursor.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {
namespace {

Result<Task> find_task(storage::Connection& connection, const Unit& unit, TaskId id) {
  OMNICRM_ASSIGN(auto task, find_row<Task>(connection, unit.user(), id));
  if (!task) return not_found("task", id.to_string());
  return std::move(*task);
}

/// Errors: `invalid_argument`; `not_found` for a new contact or interaction that is not the user's.
Result<void> check_task(storage::Connection& connection, const Unit& unit, Task& task, const Task& before) {
  OMNICRM_ASSIGN(task.title, checked_text(task.title, "title"));
  OMNICRM_ASSIGN(task.note, checked_note(task.note, "note"));
  if (task.title.empty()) return invalid("title", "is empty");
  if (task.contact_id && task.contact_id != before.contact_id) {
    OMNICRM_TRY(live_contact(connection, unit, *task.contact_id));
  }
  if (task.interaction_id && task.interaction_id != before.interaction_id) {
    OMNICRM_ASSIGN(const auto found,
                   storage::query_one<std::int64_t>(connection,
                                                    "SELECT 1 FROM interactions WHERE user_id = ? AND id = ?",
                                                    unit.user(), *task.interaction_id));
    if (!found) return not_found("interaction", task.interaction_id->to_string());
  }
  return {};
}

Result<Task> store(storage::Connection& connection, const Unit& unit, Task task, std::string_view operation) {
  ++task.version;
  task.updated_at = unit.now();
  OMNICRM_TRY(update_row(connection, unit.user(), task));
  OMNICRM_TRY(audit_change(connection, unit, operation, "task", task.id.to_string()));
  return task;
}

/// Reads a task, lets `change` work on it and stores it when it differs.
template <class F>
Result<Task> change_task(const Unit& unit, TaskId id, std::string_view operation, F&& change) {
  return unit.write([&](storage::Connection& connection) -> Result<Task> {
    OMNICRM_ASSIGN(const Task before, find_task(connection, unit, id));
    Task task = before;
    change(task);
    if (task == before) return task;
    return store(connection, unit, std::move(task), operation);
  });
}

void add_status(BoundSql& sql, TaskStatus status, Timestamp now) {
  switch (status) {
    case TaskStatus::open:
      sql.add(" AND done_at IS NULL");
      return;
    case TaskStatus::due:
      sql.add(" AND done_at IS NULL AND due_at <= ? AND (snoozed_until IS NULL OR snoozed_until <= ?)", now,
              now);
      return;
    case TaskStatus::snoozed:
      sql.add(" AND done_at IS NULL AND snoozed_until > ?", now);
      return;
    case TaskStatus::done:
      sql.add(" AND done_at IS NOT NULL");
      return;
  }
}

std::string list_name(const TaskFilter& filter) {
  return "tasks.list\n" + (filter.status ? std::to_string(static_cast<int>(*filter.status)) : "") + '\n' +
         (filter.contact_id ? filter.contact_id->to_string() : "");
}

/// Rows after the cursor: those without a due date come last.
Result<void> add_start(BoundSql& sql, const std::string& name, const std::string& cursor) {
  if (cursor.empty()) return {};
  OMNICRM_ASSIGN(const auto keys, read_cursor<std::int64_t, Timestamp, TaskId>(name, cursor));
  const auto& [has_due, due, id] = keys;
  if (has_due != 0) {
    sql.add(" AND (due_at IS NULL OR (due_at, id) > (?, ?))", due, id);
  } else {
    sql.add(" AND due_at IS NULL AND id > ?", id);
  }
  return {};
}

}  // namespace

Result<Task> SqlTasks::create(const Task& draft) {
  return unit_.write([&](storage::Connection& connection) -> Result<Task> {
    Task task = draft;
    OMNICRM_TRY(check_task(connection, unit_, task, Task{}));
    task.id = unit_.make_id<TaskId>();
    task.version = 1;
    task.done_at.reset();
    task.created_at = task.updated_at = unit_.now();
    OMNICRM_TRY(insert_row(connection, unit_.user(), task));
    OMNICRM_TRY(audit_change(connection, unit_, "tasks.create", "task", task.id.to_string()));
    return task;
  });
}

Result<Task> SqlTasks::get(TaskId id) {
  return unit_.read([&](storage::Connection& connection) { return find_task(connection, unit_, id); });
}

Result<Task> SqlTasks::update(const Task& changed) {
  return unit_.write([&](storage::Connection& connection) -> Result<Task> {
    OMNICRM_ASSIGN(const Task before, find_task(connection, unit_, changed.id));
    if (before.version != changed.version) {
      return failure(ErrorCode::conflict, "task " + changed.id.to_string() + " changed since it was read");
    }
    Task task = changed;
    task.created_at = before.created_at;
    OMNICRM_TRY(check_task(connection, unit_, task, before));
    return store(connection, unit_, std::move(task), "tasks.update");
  });
}

Result<void> SqlTasks::remove(TaskId id) {
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const bool gone, delete_row<Task>(connection, unit_.user(), id));
    if (!gone) return not_found("task", id.to_string());
    return audit_change(connection, unit_, "tasks.delete", "task", id.to_string());
  });
}

Result<Task> SqlTasks::complete(TaskId id) {
  return change_task(unit_, id, "tasks.complete", [&](Task& task) {
    if (!task.done_at) task.done_at = unit_.now();
    task.snoozed_until.reset();
  });
}

Result<Task> SqlTasks::reopen(TaskId id) {
  return change_task(unit_, id, "tasks.reopen", [](Task& task) { task.done_at.reset(); });
}

Result<Task> SqlTasks::snooze(TaskId id, Timestamp until) {
  if (until <= unit_.now()) return invalid("until", "must be in the future");
  return change_task(unit_, id, "tasks.snooze", [&](Task& task) { task.snoozed_until = until; });
}

Result<Page<Task>> SqlTasks::list(const TaskFilter& filter, const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  const std::string name = list_name(filter);
  return unit_.read([&](storage::Connection& connection) -> Result<Page<Task>> {
    BoundSql sql;
    sql.add("SELECT ").add(column_list<Task>()).add(" FROM tasks WHERE user_id = ?", unit_.user());
    if (filter.status) add_status(sql, *filter.status, unit_.now());
    if (filter.contact_id) sql.add(" AND contact_id = ?", *filter.contact_id);
    OMNICRM_TRY(add_start(sql, name, page.cursor));
    // Those that are due have a date, so that the index gives them in their order.
    const bool dated = filter.status == TaskStatus::due;
    sql.add(dated ? " ORDER BY due_at, id LIMIT ?" : " ORDER BY due_at IS NULL, due_at, id LIMIT ?",
            page.limit + 1);
    OMNICRM_ASSIGN(storage::Query rows, sql.run(connection));
    Page<Task> answer;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return answer;
      if (std::ssize(answer.items) == page.limit) {
        const Task& last = answer.items.back();
        answer.next = make_cursor(name, std::int64_t{last.due_at.has_value()},
                                  last.due_at.value_or(Timestamp{}), last.id);
        return answer;
      }
      OMNICRM_ASSIGN(Task task, read_row<Task>(rows.statement()));
      answer.items.push_back(std::move(task));
    }
  });
}

}  // namespace omnicrm::repository
