// Labels, over SQL.
#pragma once

#include <string_view>

#include <omnicrm/repository/tags.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlTags final : public Tags {
 public:
  explicit SqlTags(Unit unit) : unit_(std::move(unit)) {}
  Result<Tag> create(std::string_view name, std::string_view color) override;
  Result<Tag> get(TagId id) override;
  Result<Tag> update(const Tag& changed) override;
  Result<void> remove(TagId id) override;
  Result<Page<Tag>> list(const PageRequest& page) override;
  Result<void> assign(TagId tag, const std::vector<ContactId>& contacts) override;
  Result<void> unassign(TagId tag, const std::vector<ContactId>& contacts) override;
  Result<std::vector<Tag>> of_contact(ContactId contact) override;

 private:
  Unit unit_;
};

/// The tag of that name (case and accents ignored), made as part of the unit's batch when there is none.
/// Errors: `invalid_argument` (the name).
[[nodiscard]] Result<TagId> find_or_create_tag(storage::Connection& connection, const Unit& unit,
                                               std::string_view name);

}  // namespace omnicrm::repository
