// Which organization a contact belongs to, by the domains of its addresses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/model/organization.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/contact_fields.hpp"
#include "repository/contact_lookups.hpp"
#include "repository/unit.hpp"

namespace omnicrm::repository {

/// The registrable domain of an address whose owner works there: nothing for free mail.
[[nodiscard]] std::optional<std::string> company_domain(std::string_view address);

[[nodiscard]] Result<std::optional<Organization>> organization_of_domain(storage::Connection& connection,
                                                                         const Unit& unit,
                                                                         std::string_view domain);

/// Links a contact without organization to that of its first company domain (the primary address's first), if
/// there is one.
[[nodiscard]] Result<void> link_organization(storage::Connection& connection, const Unit& unit,
                                             Contact& contact);

struct FoundOrganization {
  OrganizationId id;
  bool created = false;
};
/// The organization of a (registrable) domain, made when there is none. `name` is a claim: it replaces one
/// that a less trusted or older source gave, never one that a person gave; empty: the domain stands in.
[[nodiscard]] Result<FoundOrganization> find_or_create_organization(storage::Connection& connection,
                                                                    const Unit& unit,
                                                                    const std::string& domain,
                                                                    std::string_view name, const Claim& claim,
                                                                    ContactLookups& lookups);

/// Whether a claim on a field is stronger than the one there (null: none): a more trusted origin, else later,
/// else the greater text. What a person said is never weaker than what a source says. A total order: the
/// strongest of a set of claims does not depend on the order in which they come.
[[nodiscard]] bool is_stronger(const Claim& claim, std::string_view value, const Claim* held,
                               std::string_view held_value);

}  // namespace omnicrm::repository
