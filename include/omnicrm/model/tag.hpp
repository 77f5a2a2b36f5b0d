// Labels and saved filters.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// A label on contacts. Names are unique per user, ignoring case and accents. @since 0.1
struct Tag {
  TagId id;
  std::string name;
  /// `#rrggbb` or empty.
  std::string color;
  std::optional<BatchId> batch_id;
  Timestamp created_at{};

  friend bool operator==(const Tag&, const Tag&) = default;
};

/// A saved filter over contacts, evaluated in SQL whenever it is read. docs/segments.md has the filter's
/// grammar. @since 0.1
struct Segment {
  SegmentId id;
  std::int64_t version = 1;
  std::string name;
  /// {"all":[...]}, {"any":[...]}, {"not":{...}} or {"field","op","value"}.
  Json filter = Json::object();
  Timestamp created_at{};
  Timestamp updated_at{};

  friend bool operator==(const Segment&, const Segment&) = default;
};

}  // namespace omnicrm
