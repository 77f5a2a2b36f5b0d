// Identifiers: 128-bit UUIDs, a type of its own per record.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm {

/// A UUID (RFC 9562). New ones are version 7, so they sort by the time they were made. @since 0.1
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid{}; }
  /// Lower-case 8-4-4-4-12 form.
  [[nodiscard]] std::string to_string() const;
  /// Reads the 8-4-4-4-12 form, either case. Errors: `invalid_argument`.
  [[nodiscard]] static Result<Uuid> parse(std::string_view text);
  /// Version 5: the same namespace and name always give the same id (RFC 9562 section 5.5).
  [[nodiscard]] static Uuid from_name(const Uuid& name_space, std::string_view name);

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// A `Uuid` that cannot be mistaken for another record's. @since 0.1
template <class Tag>
struct Id {
  Uuid value{};

  [[nodiscard]] bool is_nil() const noexcept { return value.is_nil(); }
  [[nodiscard]] std::string to_string() const { return value.to_string(); }
  [[nodiscard]] static Result<Id> parse(std::string_view text) {
    return Uuid::parse(text).map([](const Uuid& uuid) { return Id{uuid}; });
  }

  friend auto operator<=>(const Id&, const Id&) = default;
};

using AttachmentId = Id<struct AttachmentTag>;
using AuditId = Id<struct AuditTag>;
using BatchId = Id<struct BatchTag>;
using ConnectionId = Id<struct ConnectionTag>;
using ContactId = Id<struct ContactTag>;
using DocumentId = Id<struct DocumentTag>;
using InteractionId = Id<struct InteractionTag>;
using JobId = Id<struct JobTag>;
using LeaseId = Id<struct LeaseTag>;
using OrganizationId = Id<struct OrganizationTag>;
using PlanId = Id<struct PlanTag>;
using RawEventId = Id<struct RawEventTag>;
using ScheduleId = Id<struct ScheduleTag>;
using SegmentId = Id<struct SegmentTag>;
using SuppressionId = Id<struct SuppressionTag>;
using TagId = Id<struct TagTag>;
using TaskId = Id<struct TaskTag>;
using WorkerId = Id<struct WorkerTag>;

/// The user whose data a session sees. A host that has UUIDs for its users passes them; any other
/// identifier (a login, a number, an e-mail address) becomes one by `user_id`. @since 0.1
using UserId = Id<struct UserTag>;

/// A UUID in text stays itself; any other non-empty text becomes its version-5 UUID under OmniCRM's
/// namespace: always the same one. Errors: `invalid_argument` (empty, over 255 bytes). @since 0.1
[[nodiscard]] Result<UserId> user_id(std::string_view name);

}  // namespace omnicrm

template <>
struct std::hash<omnicrm::Uuid> {
  std::size_t operator()(const omnicrm::Uuid& id) const noexcept {
    std::uint64_t low = 0;  // the random half of a version-7 id
    std::memcpy(&low, id.bytes.data() + 8, sizeof(low));
    return static_cast<std::size_t>(low);
  }
};

template <class Tag>
struct std::hash<omnicrm::Id<Tag>> {
  std::size_t operator()(const omnicrm::Id<Tag>& id) const noexcept {
    return std::hash<omnicrm::Uuid>{}(id.value);
  }
};
