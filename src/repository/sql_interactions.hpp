// The timeline over SQL.
#pragma once

#include <omnicrm/repository/interactions.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlInteractions final : public Interactions {
 public:
  explicit SqlInteractions(Unit unit) : unit_(std::move(unit)) {}

  Result<Interaction> create(const Interaction& draft) override;
  Result<Interaction> get(InteractionId id) override;
  Result<Interaction> update(const Interaction& changed) override;
  Result<void> remove(InteractionId id, std::int64_t version) override;
  Result<Page<Interaction>> timeline(const TimelineFilter& filter, const PageRequest& page) override;
  Result<std::vector<Document>> documents(InteractionId id) override;
  Result<std::vector<ContactActivity>> most_active(std::int64_t limit) override;

 private:
  Unit unit_;
};

}  // namespace omnicrm::repository
