#include "operations/edit.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

constexpr auto segment_fields = std::to_array<std::string_view>({"name", "filter"});

struct SegmentContacts : PageRequest {
  SegmentId id;
};
BOOST_DESCRIBE_STRUCT(SegmentContacts, (PageRequest), (id))

struct PreviewSegment : PageRequest {
  Json filter = Json::object();
};
BOOST_DESCRIBE_STRUCT(PreviewSegment, (PageRequest), (filter))

Result<Segment> create(Session& session, const Draft<Segment>& draft) {
  return session.segments().create(draft.record.name, draft.record.filter);
}
Result<Segment> read(Session& session, SegmentId id) {
  return session.segments().get(id);
}
Result<Segment> get(Session& session, const ById<SegmentId>& request) {
  return read(session, request.id);
}
Result<Segment> store(Session& session, const Segment& changed) {
  return session.segments().update(changed);
}

Result<Nothing> remove(Session& session, const ById<SegmentId>& request) {
  OMNICRM_TRY(session.segments().remove(request.id));
  return Nothing{};
}

Result<Page<Segment>> list(Session& session, const PageRequest& request) {
  return session.segments().list(request);
}

Result<Page<Contact>> contacts(Session& session, const SegmentContacts& request) {
  return session.segments().contacts(request.id, request);
}

Result<Page<Contact>> preview(Session& session, const PreviewSegment& request) {
  return session.segments().preview(request.filter, request);
}

Result<Count> count(Session& session, const ById<SegmentId>& request) {
  OMNICRM_ASSIGN(const std::int64_t found, session.segments().count(request.id));
  return Count{found};
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::SegmentContacts> = std::to_array<std::string_view>({"id"});
template <>
inline constexpr auto required_fields<operations::PreviewSegment> =
    std::to_array<std::string_view>({"filter"});

namespace operations {

std::span<const Operation> segment_operations() noexcept {
  static constexpr Operation operations[] = {
      define_create<create, segment_fields>("segments.create", "Saves a filter over contacts."),
      define<get>("segments.get", Scope::read, "A segment by its id."),
      define_update<read, store, segment_fields>("segments.update", "Changes a segment's name or filter."),
      define<remove>("segments.delete", Scope::write, "Deletes a segment; its contacts stay."),
      define<list>("segments.list", Scope::read, "Segments by name, in pages."),
      define<contacts>("segments.contacts", Scope::read, "The contacts that match a segment now, in pages."),
      define<preview>("segments.preview", Scope::read, "The contacts that match a filter that is not saved."),
      define<count>("segments.count", Scope::read, "How many contacts match a segment now."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
