// Saved filters, over SQL.
#pragma once

#include <omnicrm/repository/tags.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlSegments final : public Segments {
 public:
  explicit SqlSegments(Unit unit) : unit_(std::move(unit)) {}
  Result<Segment> create(std::string_view name, const Json& filter) override;
  Result<Segment> get(SegmentId id) override;
  Result<Segment> update(const Segment& changed) override;
  Result<void> remove(SegmentId id) override;
  Result<Page<Segment>> list(const PageRequest& page) override;
  Result<Page<Contact>> contacts(SegmentId id, const PageRequest& page) override;
  Result<Page<Contact>> preview(const Json& filter, const PageRequest& page) override;
  Result<std::int64_t> count(SegmentId id) override;

 private:
  Unit unit_;
};

}  // namespace omnicrm::repository
