// Which tags a contact has, moved and put back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// A row of contact_tags. Its images in batch_changes carry the tag's id as row id.
struct ContactTag {
  ContactId contact_id;
  TagId tag_id;
  std::optional<BatchId> batch_id;
  Timestamp created_at{};
};

[[nodiscard]] std::string contact_tag_image(const ContactTag& row);
[[nodiscard]] Result<ContactTag> contact_tag_from_image(std::string_view image);
[[nodiscard]] Result<std::vector<ContactTag>> tags_of(storage::Connection& connection, const Unit& unit,
                                                      ContactId contact);
/// False when it was there.
[[nodiscard]] Result<bool> insert_contact_tag(storage::Connection& connection, const Unit& unit,
                                              const ContactTag& row);
[[nodiscard]] Result<bool> delete_contact_tag(storage::Connection& connection, const Unit& unit,
                                              ContactId contact, TagId tag);

}  // namespace omnicrm::repository
