#include "operations/edit.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

constexpr auto organization_fields =
    std::to_array<std::string_view>({"name", "domain", "website", "industry", "note", "custom"});

struct ListOrganizations : PageRequest {
  /// Must occur in name or domain; empty: all.
  std::string text;
};
BOOST_DESCRIBE_STRUCT(ListOrganizations, (PageRequest), (text))

Result<Organization> create(Session& session, const Draft<Organization>& draft) {
  return session.organizations().create(draft.record);
}
Result<Organization> read(Session& session, OrganizationId id) {
  return session.organizations().get(id);
}
Result<Organization> get(Session& session, const ById<OrganizationId>& request) {
  return read(session, request.id);
}
Result<Organization> store(Session& session, const Organization& changed) {
  return session.organizations().update(changed);
}

Result<Nothing> remove(Session& session, const ByVersion<OrganizationId>& request) {
  OMNICRM_TRY(session.organizations().remove(request.id, request.expected_version));
  return Nothing{};
}

Result<Page<Organization>> list(Session& session, const ListOrganizations& request) {
  return session.organizations().list(request.text, request);
}

}  // namespace

std::span<const Operation> organization_operations() noexcept {
  static constexpr Operation operations[] = {
      define_create<create, organization_fields>("organizations.create", "Stores a new organization."),
      define<get>("organizations.get", Scope::read, "An organization by its id."),
      define_update<read, store, organization_fields>("organizations.update",
                                                      "Changes the given fields of an organization."),
      define<remove>("organizations.delete", Scope::write,
                     "Deletes an organization; its contacts stay and lose the link."),
      define<list>("organizations.list", Scope::read, "Organizations by name, in pages."),
  };
  return operations;
}

}  // namespace omnicrm::operations
