#include "operations/edit.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

constexpr auto task_fields = std::to_array<std::string_view>(
    {"title", "note", "contact_id", "interaction_id", "due_at", "snoozed_until"});

struct ListTasks : repository::TaskFilter, PageRequest {};
BOOST_DESCRIBE_STRUCT(ListTasks, (repository::TaskFilter, PageRequest), ())

struct SnoozeTask {
  TaskId id;
  Timestamp until{};
};
BOOST_DESCRIBE_STRUCT(SnoozeTask, (), (id, until))

Result<Task> create(Session& session, const Draft<Task>& draft) {
  return session.tasks().create(draft.record);
}
Result<Task> read(Session& session, TaskId id) {
  return session.tasks().get(id);
}
Result<Task> get(Session& session, const ById<TaskId>& request) {
  return read(session, request.id);
}
Result<Task> store(Session& session, const Task& changed) {
  return session.tasks().update(changed);
}

Result<Nothing> remove(Session& session, const ById<TaskId>& request) {
  OMNICRM_TRY(session.tasks().remove(request.id));
  return Nothing{};
}

Result<Task> complete(Session& session, const ById<TaskId>& request) {
  return session.tasks().complete(request.id);
}
Result<Task> reopen(Session& session, const ById<TaskId>& request) {
  return session.tasks().reopen(request.id);
}
Result<Task> snooze(Session& session, const SnoozeTask& request) {
  return session.tasks().snooze(request.id, request.until);
}
Result<Page<Task>> list(Session& session, const ListTasks& request) {
  return session.tasks().list(request, request);
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::SnoozeTask> = std::to_array<std::string_view>({"id",
                                                                                                 "until"});

namespace operations {

std::span<const Operation> task_operations() noexcept {
  static constexpr Operation operations[] = {
      define_create<create, task_fields>("tasks.create", "Stores a follow-up."),
      define<get>("tasks.get", Scope::read, "A task by its id."),
      define_update<read, store, task_fields>("tasks.update", "Changes the given fields of a task."),
      define<remove>("tasks.delete", Scope::write, "Deletes a task."),
      define<complete>("tasks.complete", Scope::write, "Marks a task done."),
      define<reopen>("tasks.reopen", Scope::write, "Marks a task open again."),
      define<snooze>("tasks.snooze", Scope::write, "Hides a task until a time."),
      define<list>("tasks.list", Scope::read, "Tasks, soonest due first, filtered, in pages."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
