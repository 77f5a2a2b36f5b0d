#include "operations/edit.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

constexpr auto tag_fields = std::to_array<std::string_view>({"name", "color"});

struct TagContacts {
  TagId id;
  std::vector<ContactId> contact_ids;
};
BOOST_DESCRIBE_STRUCT(TagContacts, (), (id, contact_ids))

struct OfContact {
  ContactId contact_id;
};
BOOST_DESCRIBE_STRUCT(OfContact, (), (contact_id))

Result<Tag> create(Session& session, const Draft<Tag>& draft) {
  return session.tags().create(draft.record.name, draft.record.color);
}
Result<Tag> read(Session& session, TagId id) {
  return session.tags().get(id);
}
Result<Tag> get(Session& session, const ById<TagId>& request) {
  return read(session, request.id);
}
Result<Tag> store(Session& session, const Tag& changed) {
  return session.tags().update(changed);
}

Result<Nothing> remove(Session& session, const ById<TagId>& request) {
  OMNICRM_TRY(session.tags().remove(request.id));
  return Nothing{};
}

Result<Page<Tag>> list(Session& session, const PageRequest& request) {
  return session.tags().list(request);
}

Result<Nothing> assign(Session& session, const TagContacts& request) {
  OMNICRM_TRY(session.tags().assign(request.id, request.contact_ids));
  return Nothing{};
}

Result<Nothing> unassign(Session& session, const TagContacts& request) {
  OMNICRM_TRY(session.tags().unassign(request.id, request.contact_ids));
  return Nothing{};
}

Result<Items<Tag>> of_contact(Session& session, const OfContact& request) {
  OMNICRM_ASSIGN(auto tags, session.tags().of_contact(request.contact_id));
  return Items<Tag>{std::move(tags)};
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::TagContacts> =
    std::to_array<std::string_view>({"id", "contact_ids"});
template <>
inline constexpr auto required_fields<operations::OfContact> =
    std::to_array<std::string_view>({"contact_id"});

namespace operations {

std::span<const Operation> tag_operations() noexcept {
  static constexpr Operation operations[] = {
      define_create<create, tag_fields>("tags.create", "Makes a tag."),
      define<get>("tags.get", Scope::read, "A tag by its id."),
      define_update<read, store, tag_fields>("tags.update", "Changes a tag's name or color."),
      define<remove>("tags.delete", Scope::write, "Deletes a tag and takes it off every contact."),
      define<list>("tags.list", Scope::read, "Tags by name, in pages."),
      define<assign>("tags.assign", Scope::write, "Puts a tag on contacts."),
      define<unassign>("tags.unassign", Scope::write, "Takes a tag off contacts."),
      define<of_contact>("tags.of_contact", Scope::read, "The tags of a contact."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
