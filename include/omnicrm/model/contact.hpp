// A person.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// One way to reach a person. @since 0.1
struct ContactPoint {
  /// As shown: an address in lower case, a phone number as given, a handle ("@ada").
  std::string value;
  /// "work", "home", "mobile", or for handles the service ("linkedin", "signal"). May be empty.
  std::string label;
  bool is_primary = false;

  friend bool operator==(const ContactPoint&, const ContactPoint&) = default;
};

/// A person. E-mails, phones and handles are unique per user after normalization: two contacts of one
/// user never share one. @since 0.1
struct Contact {
  ContactId id;
  /// Grows by one with every change; pass the one you read to `update` to notice a change in between.
  std::int64_t version = 1;
  std::string display_name;
  std::string name_prefix;
  std::string given_name;
  std::string middle_name;
  std::string family_name;
  std::string name_suffix;
  std::string nickname;
  std::vector<ContactPoint> emails;
  std::vector<ContactPoint> phones;
  std::vector<ContactPoint> handles;
  /// The linked organization, when it is known by its domain.
  std::optional<OrganizationId> organization_id;
  /// The organization's name as given.
  std::string organization;
  std::string department;
  std::string job_title;
  /// `YYYY-MM-DD`, or `--MM-DD` when the year is not known (RFC 6350 section 6.2.5); or empty.
  std::string birthday;
  std::string note;
  /// A JSON object, checked against the user's declared custom fields (settings `contacts.custom_fields`).
  Json custom = Json::object();
  Origin source = Origin::user;
  /// A JSON object: field name -> {"origin","at","from"}: where the field's value came from, and when.
  Json provenance = Json::object();
  bool pinned = false;
  bool archived = false;
  /// Set while this contact is merged into another one; such a contact is in no list.
  std::optional<ContactId> merged_into;
  std::optional<Timestamp> deleted_at;
  /// The batch that created it.
  std::optional<BatchId> batch_id;
  Timestamp created_at{};
  Timestamp updated_at{};

  friend bool operator==(const Contact&, const Contact&) = default;
};

/// What an identity is. @since 0.1
enum class IdentityKind { email, phone, handle };

}  // namespace omnicrm
