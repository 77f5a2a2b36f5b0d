// A company or another body that people belong to.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// An organization, known by its registrable domain (Public Suffix List) when it has one. @since 0.1
struct Organization {
  OrganizationId id;
  std::int64_t version = 1;
  std::string name;
  /// Lower case, IDNA A-labels, unique per user; empty when none is known.
  std::string domain;
  std::string website;
  std::string industry;
  std::string note;
  Json custom = Json::object();
  Origin source = Origin::user;
  Json provenance = Json::object();
  std::optional<Timestamp> deleted_at;
  std::optional<BatchId> batch_id;
  Timestamp created_at{};
  Timestamp updated_at{};

  friend bool operator==(const Organization&, const Organization&) = default;
};

}  // namespace omnicrm
