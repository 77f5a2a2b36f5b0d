// Something to do: a follow-up, a reminder.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// A follow-up. Open until `done_at` is set; hidden from the due list until `snoozed_until`. @since 0.1
struct Task {
  TaskId id;
  std::int64_t version = 1;
  std::string title;
  std::string note;
  std::optional<ContactId> contact_id;
  std::optional<InteractionId> interaction_id;
  std::optional<Timestamp> due_at;
  std::optional<Timestamp> snoozed_until;
  std::optional<Timestamp> done_at;
  Timestamp created_at{};
  Timestamp updated_at{};

  friend bool operator==(const Task&, const Task&) = default;
};

}  // namespace omnicrm
