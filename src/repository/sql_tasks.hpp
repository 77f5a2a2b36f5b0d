// Follow-ups, over SQL.
#pragma once

#include <omnicrm/repository/tasks.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlTasks final : public Tasks {
 public:
  explicit SqlTasks(Unit unit) : unit_(std::move(unit)) {}
  Result<Task> create(const Task& draft) override;
  Result<Task> get(TaskId id) override;
  Result<Task> update(const Task& changed) override;
  Result<void> remove(TaskId id) override;
  Result<Task> complete(TaskId id) override;
  Result<Task> reopen(TaskId id) override;
  Result<Task> snooze(TaskId id, Timestamp until) override;
  Result<Page<Task>> list(const TaskFilter& filter, const PageRequest& page) override;

 private:
  Unit unit_;
};

}  // namespace omnicrm::repository
