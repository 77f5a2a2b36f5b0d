// The timeline, of one user.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/interaction.hpp>

namespace omnicrm::repository {

/// @since 0.1
struct TimelineFilter {
  /// Absent: the whole timeline of the user.
  std::optional<ContactId> contact_id;
  /// Empty: every kind.
  std::vector<InteractionKind> kinds;
  std::optional<Direction> direction;
  std::string thread_id;
  /// Half-open: `after` <= occurred_at < `before`.
  std::optional<Timestamp> after;
  std::optional<Timestamp> before;
  /// Mail of lists and machines.
  bool include_bulk = true;
};

/// A person and how much there was with them. @since 0.1
struct ContactActivity {
  ContactId contact_id;
  std::string display_name;
  std::int64_t interactions = 0;
  std::int64_t outbound = 0;
  std::int64_t inbound = 0;
  std::optional<Timestamp> last_at;
};

/// The timeline, of one user. Thread-safe; every change is one audited transaction. @since 0.1
class Interactions {
 public:
  virtual ~Interactions() = default;

  /// Stores a note, call, meeting or message. Participants are linked to contacts by their addresses. Errors:
  /// `invalid_argument` names the field; `not_found` for a `contact_id` that is not the user's.
  virtual Result<Interaction> create(const Interaction& draft) = 0;
  /// With its participants. Errors: `not_found`.
  virtual Result<Interaction> get(InteractionId id) = 0;
  /// Replaces the editable fields. Errors: `conflict` when the stored version is not `changed.version`.
  virtual Result<Interaction> update(const Interaction& changed) = 0;
  /// Deletes it with its documents; an imported one leaves a suppression. `version` 0 deletes any version.
  virtual Result<void> remove(InteractionId id, std::int64_t version = 0) = 0;
  /// Newest first, with participants. A page costs the same at any depth.
  virtual Result<Page<Interaction>> timeline(const TimelineFilter& filter, const PageRequest& page) = 0;
  /// What came with an interaction.
  virtual Result<std::vector<Document>> documents(InteractionId id) = 0;
  /// The contacts with most mail and meetings, most first; at most 1,000.
  virtual Result<std::vector<ContactActivity>> most_active(std::int64_t limit) = 0;
};

}  // namespace omnicrm::repository
