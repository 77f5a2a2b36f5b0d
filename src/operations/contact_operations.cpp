#include "operations/edit.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

using repository::ContactHit;
using repository::DuplicateSuggestion;
using repository::MergeResult;

constexpr auto contact_fields = std::to_array<std::string_view>(
    {"display_name", "name_prefix", "given_name", "middle_name", "family_name", "name_suffix", "nickname",
     "emails", "phones", "handles", "organization_id", "organization", "department", "job_title", "birthday",
     "note", "custom", "pinned", "archived"});

struct ListContacts : repository::ContactFilter, PageRequest {};
BOOST_DESCRIBE_STRUCT(ListContacts, (repository::ContactFilter, PageRequest), ())

struct SearchContacts : PageRequest {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(SearchContacts, (PageRequest), (text))

struct MergeContacts {
  ContactId survivor;
  std::vector<ContactId> absorbed;
};
BOOST_DESCRIBE_STRUCT(MergeContacts, (), (survivor, absorbed))

struct UnmergeContacts {
  BatchId batch_id;
};
BOOST_DESCRIBE_STRUCT(UnmergeContacts, (), (batch_id))

struct ContactTimeline : repository::TimelineFilter, PageRequest {};
BOOST_DESCRIBE_STRUCT(ContactTimeline, (repository::TimelineFilter, PageRequest), ())

Result<Contact> create(Session& session, const Draft<Contact>& draft) {
  return session.contacts().create(draft.record);
}
Result<Contact> read(Session& session, ContactId id) {
  return session.contacts().get(id);
}
Result<Contact> get(Session& session, const ById<ContactId>& request) {
  return read(session, request.id);
}
Result<Contact> store(Session& session, const Contact& changed) {
  return session.contacts().update(changed);
}

Result<Nothing> remove(Session& session, const ByVersion<ContactId>& request) {
  OMNICRM_TRY(session.contacts().remove(request.id, request.expected_version));
  return Nothing{};
}

Result<Contact> restore(Session& session, const ById<ContactId>& request) {
  return session.contacts().restore(request.id);
}

Result<Page<Contact>> list(Session& session, const ListContacts& request) {
  return session.contacts().list(request, request);
}

Result<Page<ContactHit>> search(Session& session, const SearchContacts& request) {
  return session.contacts().search(request.text, request);
}

Result<MergeResult> merge(Session& session, const MergeContacts& request) {
  return session.contacts().merge(request.survivor, request.absorbed);
}

Result<Contact> unmerge(Session& session, const UnmergeContacts& request) {
  return session.contacts().unmerge(request.batch_id);
}

Result<Page<DuplicateSuggestion>> suggest_duplicates(Session& session, const PageRequest& request) {
  return session.contacts().suggest_duplicates(request);
}

Result<Page<Interaction>> timeline(Session& session, const ContactTimeline& request) {
  return session.interactions().timeline(request, request);
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::SearchContacts> = std::to_array<std::string_view>({"text"});
template <>
inline constexpr auto required_fields<operations::MergeContacts> =
    std::to_array<std::string_view>({"survivor", "absorbed"});
template <>
inline constexpr auto required_fields<operations::UnmergeContacts> =
    std::to_array<std::string_view>({"batch_id"});
template <>
inline constexpr auto required_fields<operations::ContactTimeline> =
    std::to_array<std::string_view>({"contact_id"});

namespace operations {

std::span<const Operation> contact_operations() noexcept {
  static constexpr Operation operations[] = {
      define_create<create, contact_fields>("contacts.create", "Stores a new contact."),
      define<get>("contacts.get", Scope::read, "A contact by its id."),
      define_update<read, store, contact_fields>("contacts.update", "Changes the given fields of a contact."),
      define<remove>("contacts.delete", Scope::write,
                     "Deletes a contact and keeps sync from bringing it back."),
      define<restore>("contacts.restore", Scope::write, "Undoes contacts.delete."),
      define<list>("contacts.list", Scope::read, "Contacts by name or time, filtered, in pages."),
      define<search>("contacts.search", Scope::read,
                     "Contacts whose name, address, number or organization has all words of the text."),
      define<merge>("contacts.merge", Scope::write,
                    "Moves everything of the absorbed contacts to the survivor."),
      define<unmerge>("contacts.unmerge", Scope::write, "Takes a merge back exactly."),
      define<suggest_duplicates>("contacts.suggest_duplicates", Scope::read,
                                 "Pairs of contacts that may be one person."),
      define<timeline>("contacts.timeline", Scope::read,
                       "What happened with a contact, newest first, in pages."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
