// Tags, segments, tasks and settings, of one user.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/model/tag.hpp>

namespace omnicrm::repository {

/// Labels on contacts. Thread-safe; every change is one audited transaction. @since 0.1
class Tags {
 public:
  virtual ~Tags() = default;
  /// Errors: `already_exists` (a tag of that name, ignoring case and accents), `invalid_argument`.
  virtual Result<Tag> create(std::string_view name, std::string_view color) = 0;
  virtual Result<Tag> get(TagId id) = 0;
  virtual Result<Tag> update(const Tag& changed) = 0;
  /// Takes it off every contact too.
  virtual Result<void> remove(TagId id) = 0;
  virtual Result<Page<Tag>> list(const PageRequest& page) = 0;
  /// Idempotent. Errors: `not_found` for either.
  virtual Result<void> assign(TagId tag, const std::vector<ContactId>& contacts) = 0;
  virtual Result<void> unassign(TagId tag, const std::vector<ContactId>& contacts) = 0;
  virtual Result<std::vector<Tag>> of_contact(ContactId contact) = 0;
};

/// Saved filters. The filter's grammar is in docs/segments.md. @since 0.1
class Segments {
 public:
  virtual ~Segments() = default;
  /// Errors: `invalid_argument` names the place in the filter and the reason; `already_exists` (the name).
  virtual Result<Segment> create(std::string_view name, const Json& filter) = 0;
  virtual Result<Segment> get(SegmentId id) = 0;
  virtual Result<Segment> update(const Segment& changed) = 0;
  virtual Result<void> remove(SegmentId id) = 0;
  virtual Result<Page<Segment>> list(const PageRequest& page) = 0;
  /// Contacts that match now, by name.
  virtual Result<Page<Contact>> contacts(SegmentId id, const PageRequest& page) = 0;
  /// The same for a filter that is not saved.
  virtual Result<Page<Contact>> preview(const Json& filter, const PageRequest& page) = 0;
  virtual Result<std::int64_t> count(SegmentId id) = 0;
};

}  // namespace omnicrm::repository
