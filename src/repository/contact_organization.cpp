#include "repository/contact_organization.hpp"

#include "core/address.hpp"
#include "core/text.hpp"
#include "repository/batch_changes.hpp"
#include "repository/contact_rows.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {

std::optional<std::string> company_domain(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  auto domain = registrable_domain(address.substr(at + 1));
  if (!domain || is_free_mail_domain(*domain)) return std::nullopt;
  return domain;
}

Result<std::optional<Organization>> organization_of_domain(storage::Connection& connection, const Unit& unit,
                                                           std::string_view domain) {
  constexpr std::string_view sql =
      select_sql<Organization, "WHERE user_id = ? AND domain = ? AND domain <> '' AND deleted_at IS NULL">();
  OMNICRM_ASSIGN(auto found, list_rows<Organization>(connection, sql, unit.user(), domain));
  if (found.empty()) return std::optional<Organization>{};
  return std::optional<Organization>(std::move(found.front()));
}

Result<void> link_organization(storage::Connection& connection, const Unit& unit, Contact& contact) {
  if (contact.organization_id) return {};
  for (const bool primary : {true, false}) {
    for (const ContactPoint& email : contact.emails) {
      if (email.is_primary != primary) continue;
      const auto domain = company_domain(email.value);
      if (!domain) continue;
      OMNICRM_ASSIGN(const auto organization, organization_of_domain(connection, unit, *domain));
      if (!organization) continue;
      contact.organization_id = organization->id;
      return {};
    }
  }
  return {};
}

bool is_stronger(const Claim& claim, std::string_view value, const Claim* held, std::string_view held_value) {
  if (held == nullptr) return true;
  if (is_edited(held->origin)) return false;
  if (claim.origin != held->origin) return claim.origin > held->origin;
  if (claim.at != held->at) return claim.at > held->at;
  return value > held_value;
}

Result<FoundOrganization> find_or_create_organization(storage::Connection& connection, const Unit& unit,
                                                      const std::string& domain, std::string_view name,
                                                      const Claim& claim, ContactLookups& lookups) {
  OMNICRM_ASSIGN(auto found, lookups.organization(domain));
  if (!found) {
    Organization made;
    made.id = unit.make_id<OrganizationId>();
    made.name = name.empty() ? std::string_view(domain) : name;
    made.domain = domain;
    made.source = claim.origin;
    made.batch_id = unit.batch();
    made.created_at = made.updated_at = unit.now();
    Provenance provenance;
    if (!name.empty()) provenance.set("name", claim);
    made.provenance = provenance.to_json();
    {
      OMNICRM_ASSIGN(const auto statement, prepare_insert_rows<Organization>(connection));
      OMNICRM_TRY(insert_more(*statement, unit.user(), made, sort_name(made.name)));
    }
    lookups.changed(made);
    return FoundOrganization{made.id, true};
  }
  const bool edited = is_edited(found->source);
  Provenance provenance = Provenance::parse(found->provenance);
  const Origin source = edited ? found->source : std::max(found->source, claim.origin);
  const bool renamed =
      !edited && !name.empty() && is_stronger(claim, name, provenance.find("name"), found->name);
  if (!renamed && source == found->source) return FoundOrganization{found->id, false};
  Organization changed = *found;
  changed.source = source;
  if (renamed) {
    changed.name = name;
    provenance.set("name", claim);
    changed.provenance = provenance.to_json();
  }
  changed.version = found->version + 1;
  changed.updated_at = unit.now();
  OMNICRM_TRY(update_row(connection, unit.user(), changed, sort_name(changed.name)));
  lookups.changed(changed);
  if (unit.batch() && found->batch_id != unit.batch()) {
    OMNICRM_TRY(record_change(connection, unit,
                              {.table = "organizations",
                               .row_id = changed.id.value,
                               .before = row_image(*found),
                               .after = row_image(changed)}));
  }
  return FoundOrganization{found->id, false};
}

}  // namespace omnicrm::repository
