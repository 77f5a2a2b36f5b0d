// Follow-ups, of one user.
#pragma once

#include <optional>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/task.hpp>

namespace omnicrm::repository {

/// @since 0.1
enum class TaskStatus {
  open,     ///< not done
  due,      ///< open, due by now, not snoozed
  snoozed,  ///< open, hidden until later
  done,
};

/// @since 0.1
struct TaskFilter {
  std::optional<TaskStatus> status;
  std::optional<ContactId> contact_id;
};

/// Follow-ups, of one user. Thread-safe; every change is one audited transaction. @since 0.1
class Tasks {
 public:
  virtual ~Tasks() = default;
  /// Errors: `invalid_argument` (no title), `not_found` (the contact or interaction).
  virtual Result<Task> create(const Task& draft) = 0;
  virtual Result<Task> get(TaskId id) = 0;
  /// Errors: `conflict` when the stored version is not `changed.version`.
  virtual Result<Task> update(const Task& changed) = 0;
  virtual Result<void> remove(TaskId id) = 0;
  virtual Result<Task> complete(TaskId id) = 0;
  virtual Result<Task> reopen(TaskId id) = 0;
  virtual Result<Task> snooze(TaskId id, Timestamp until) = 0;
  /// Soonest due first; tasks without a due date last.
  virtual Result<Page<Task>> list(const TaskFilter& filter, const PageRequest& page) = 0;
};

}  // namespace omnicrm::repository
