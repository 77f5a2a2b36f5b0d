#include "repository/sql_organizations.hpp"

#include "core/address.hpp"
#include "core/text.hpp"
#include "repository/audit_log.hpp"
#include "repository/batch_changes.hpp"
#include "repository/bound_sql.hpp"
#include "repository/contact_organization.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_validation.hpp"
#include "repository/cursor.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view linked_sql =
    select_sql<Contact, "WHERE user_id = ? AND organization_id = ? ORDER BY id">();

Result<Organization> find_organization(storage::Connection& connection, const Unit& unit, OrganizationId id) {
  OMNICRM_ASSIGN(auto organization, find_row<Organization>(connection, unit.user(), id));
  if (!organization || organization->deleted_at) return not_found("organization", id.to_string());
  return std::move(*organization);
}

tl::unexpected<Error> changed_meanwhile(OrganizationId id) {
  return failure(ErrorCode::conflict, "organization " + id.to_string() + " changed since it was read");
}

/// The registrable domain, or the domain itself where nobody registers (an intranet's).
Result<std::string> checked_domain(std::string_view text) {
  if (text::trim(text).empty()) return std::string();
  auto domain = normalize_domain(text::trim(text));
  if (!domain) return invalid("domain", "is not a domain");
  return registrable_domain(*domain).value_or(*domain);
}

Result<void> check(storage::Connection& connection, const Unit& unit, Organization& organization) {
  OMNICRM_ASSIGN(organization.name, checked_text(organization.name, "name"));
  OMNICRM_ASSIGN(organization.domain, checked_domain(organization.domain));
  OMNICRM_ASSIGN(organization.website, checked_text(organization.website, "website"));
  OMNICRM_ASSIGN(organization.industry, checked_text(organization.industry, "industry"));
  OMNICRM_ASSIGN(organization.note, checked_note(organization.note, "note"));
  OMNICRM_ASSIGN(organization.custom, check_custom(std::nullopt, organization.custom));
  if (organization.name.empty()) organization.name = organization.domain;
  if (organization.name.empty()) return invalid("name", "give a name or a domain");
  if (organization.domain.empty()) return {};
  OMNICRM_ASSIGN(const auto other, organization_of_domain(connection, unit, organization.domain));
  if (!other || other->id == organization.id) return {};
  return fail(Error{.code = ErrorCode::already_exists,
                    .message = "domain: belongs to organization " + other->id.to_string(),
                    .details = "{\"field\":\"domain\",\"organization_id\":\"" + other->id.to_string() + "\"}",
                    .retryable = false,
                    .needs_user = false});
}

std::vector<std::string> changed_fields(const Organization& before, const Organization& after) {
  std::vector<std::string> fields;
  if (before.name != after.name) fields.emplace_back("name");
  if (before.domain != after.domain) fields.emplace_back("domain");
  if (before.website != after.website) fields.emplace_back("website");
  if (before.industry != after.industry) fields.emplace_back("industry");
  if (before.note != after.note) fields.emplace_back("note");
  if (before.custom != after.custom) fields.emplace_back("custom");
  return fields;
}

void claim_fields(Organization& organization, const std::vector<std::string>& fields, const Claim& claim) {
  Provenance provenance = Provenance::parse(organization.provenance);
  for (const std::string& field : fields) provenance.set(field, claim);
  organization.provenance = provenance.to_json();
}

Result<Organization> create_organization(storage::Connection& connection, const Unit& unit,
                                         const Organization& draft) {
  Organization organization = draft;
  organization.provenance = Json::object();
  organization.deleted_at.reset();
  OMNICRM_TRY(check(connection, unit, organization));
  organization.id = unit.make_id<OrganizationId>();
  organization.version = 1;
  organization.batch_id = unit.batch();
  organization.created_at = organization.updated_at = unit.now();
  const auto fields = changed_fields(Organization{}, organization);
  claim_fields(organization, fields, Claim{organization.source, organization.created_at, {}});
  OMNICRM_TRY(insert_row(connection, unit.user(), organization, sort_name(organization.name)));
  OMNICRM_TRY(audit_change(connection, unit, "organizations.create", "organization",
                           organization.id.to_string(), changed_fields_json(fields)));
  return organization;
}

Result<Organization> update_organization(storage::Connection& connection, const Unit& unit,
                                         const Organization& changed) {
  OMNICRM_ASSIGN(const Organization before, find_organization(connection, unit, changed.id));
  if (before.version != changed.version) return changed_meanwhile(changed.id);
  Organization after = changed;
  after.source = before.source;
  after.provenance = before.provenance;
  after.deleted_at = before.deleted_at;
  after.batch_id = before.batch_id;
  after.created_at = before.created_at;
  OMNICRM_TRY(check(connection, unit, after));
  const auto fields = changed_fields(before, after);
  if (fields.empty()) return before;
  claim_fields(after, fields, Claim{unit.actor() == "user" ? Origin::user : Origin::api, unit.now(), {}});
  after.version = before.version + 1;
  after.updated_at = unit.now();
  OMNICRM_TRY(update_row(connection, unit.user(), after, sort_name(after.name)));
  OMNICRM_TRY(record_change(connection, unit,
                            {.table = "organizations",
                             .row_id = after.id.value,
                             .before = row_image(before),
                             .after = row_image(after)}));
  OMNICRM_TRY(audit_change(connection, unit, "organizations.update", "organization", after.id.to_string(),
                           changed_fields_json(fields)));
  return after;
}

Result<void> remove_organization(storage::Connection& connection, const Unit& unit, OrganizationId id,
                                 std::int64_t version) {
  OMNICRM_ASSIGN(const Organization before, find_organization(connection, unit, id));
  if (version != 0 && before.version != version) return changed_meanwhile(id);
  OMNICRM_ASSIGN(const auto linked, list_rows<Contact>(connection, linked_sql, unit.user(), id));
  for (const Contact& contact : linked) {
    Contact unlinked = contact;
    unlinked.organization_id.reset();
    OMNICRM_TRY(change_contact(connection, unit, contact, unlinked));
  }
  Organization after = before;
  after.version = before.version + 1;
  after.updated_at = unit.now();
  after.deleted_at = after.updated_at;
  OMNICRM_TRY(update_row(connection, unit.user(), after, sort_name(after.name)));
  OMNICRM_TRY(record_change(connection, unit,
                            {.table = "organizations",
                             .row_id = id.value,
                             .before = row_image(before),
                             .after = row_image(after)}));
  return audit_change(connection, unit, "organizations.delete", "organization", id.to_string(),
                      "{\"contacts\":" + std::to_string(linked.size()) + '}');
}

}  // namespace

Result<Organization> SqlOrganizations::create(const Organization& draft) {
  return unit_.write(
      [&](storage::Connection& connection) { return create_organization(connection, unit_, draft); });
}

Result<Organization> SqlOrganizations::get(OrganizationId id) {
  return unit_.read(
      [&](storage::Connection& connection) { return find_organization(connection, unit_, id); });
}

Result<std::optional<Organization>> SqlOrganizations::find(std::string_view text) {
  OMNICRM_ASSIGN(const std::string domain, checked_domain(text));
  return unit_.read(
      [&](storage::Connection& connection) { return organization_of_domain(connection, unit_, domain); });
}

Result<Organization> SqlOrganizations::update(const Organization& changed) {
  return unit_.write(
      [&](storage::Connection& connection) { return update_organization(connection, unit_, changed); });
}

Result<void> SqlOrganizations::remove(OrganizationId id, std::int64_t version) {
  return unit_.write(
      [&](storage::Connection& connection) { return remove_organization(connection, unit_, id, version); });
}

Result<Page<Organization>> SqlOrganizations::list(std::string_view text, const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  const std::string part = sort_name(text::to_utf8(text::cut(text, longest_text)));
  const std::string name = "organizations.list\n" + part;
  return unit_.read([&](storage::Connection& connection) -> Result<Page<Organization>> {
    BoundSql sql;
    sql.add("SELECT ").add(column_list<Organization>());
    sql.add(" FROM organizations WHERE user_id = ? AND deleted_at IS NULL", unit_.user());
    if (!part.empty()) sql.add(" AND (instr(sort_name, ?) > 0 OR instr(domain, ?) > 0)", part, part);
    if (!page.cursor.empty()) {
      OMNICRM_ASSIGN(const auto keys, read_cursor<std::string, OrganizationId>(name, page.cursor));
      sql.add(" AND (sort_name, id) > (?, ?)", std::get<0>(keys), std::get<1>(keys));
    }
    sql.add(" ORDER BY sort_name, id LIMIT ?", page.limit + 1);
    OMNICRM_ASSIGN(storage::Query rows, sql.run(connection));
    Page<Organization> answer;
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return answer;
      if (std::ssize(answer.items) == page.limit) {
        answer.next = make_cursor(name, sort_name(answer.items.back().name), answer.items.back().id);
        return answer;
      }
      OMNICRM_ASSIGN(Organization organization, read_row<Organization>(rows.statement()));
      answer.items.push_back(std::move(organization));
    }
  });
}

}  // namespace omnicrm::repository
