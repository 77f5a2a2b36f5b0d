#include "repository/contact_lookups.hpp"

#include "core/errors.hpp"
#include "model/json_list.hpp"
#include "repository/contact_organization.hpp"
#include "repository/contact_rows.hpp"
#include "repository/dialect.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {

namespace {

Result<void> read_texts(storage::Connection& connection, const std::string& sql, UserId user,
                        const std::string& keys, std::set<std::string>& found) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, user, keys));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return {};
    found.insert(rows.get<std::string>(0));
  }
}

std::string suppressed_sql(const storage::Connection& connection) {
  return "SELECT value FROM suppressions WHERE user_id = ? AND kind = 'email' AND value" +
         std::string(dialect_of(connection).in_texts);
}

}  // namespace

Result<KnownEmails> known_emails(storage::Connection& connection, const Unit& unit,
                                 const std::set<std::string>& keys) {
  const std::string list = json_list(keys);
  const std::string owned =
      "SELECT match_key FROM contact_identities WHERE user_id = ? AND kind = 'email' AND match_key" +
      std::string(dialect_of(connection).in_texts);
  KnownEmails known;
  OMNICRM_TRY(read_texts(connection, owned, unit.user(), list, known.owned));
  OMNICRM_TRY(read_texts(connection, suppressed_sql(connection), unit.user(), list, known.suppressed));
  return known;
}

Result<void> ContactLookups::look_up(const std::set<std::string>& emails) {
  std::vector<std::string_view> asked;
  for (const std::string& email : emails) {
    if (!owners_.emplace(Key{IdentityKind::email, email}, std::nullopt).second) continue;
    suppressed_emails_.emplace(email, false);
    asked.push_back(email);
  }
  if (asked.empty()) return {};
  const std::string keys = json_list(asked);
  OMNICRM_TRY(look_up_owners(keys));
  OMNICRM_TRY(look_up_organizations(emails));
  std::set<std::string> suppressed;
  OMNICRM_TRY(read_texts(connection_, suppressed_sql(connection_), unit_.user(), keys, suppressed));
  for (const std::string& email : suppressed) suppressed_emails_[email] = true;
  return {};
}

Result<void> ContactLookups::look_up_owners(const std::string& keys) {
  const std::string owned = "SELECT i.match_key, " + std::string(column_list<Contact, "c.">()) +
                            " FROM contact_identities i" + std::string(dialect_of(connection_).ordered_join) +
                            "contacts c ON c.user_id = i.user_id AND c.id = i.contact_id "
                            "WHERE i.user_id = ? AND i.kind = 'email' AND i.match_key" +
                            std::string(dialect_of(connection_).in_texts);
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_, owned, unit_.user(), keys));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return {};
    OMNICRM_ASSIGN(Contact contact, read_row<Contact>(rows.statement(), 1));
    owners_[{IdentityKind::email, rows.get<std::string>(0)}] = contact.id;
    contacts_.emplace(contact.id, std::move(contact));
  }
}

Result<void> ContactLookups::look_up_organizations(const std::set<std::string>& emails) {
  std::vector<std::string> domains;
  for (const std::string& email : emails) {
    if (owners_[{IdentityKind::email, email}]) continue;
    auto domain = company_domain(email);
    if (!domain || !organizations_.emplace(*domain, std::nullopt).second) continue;
    domains.push_back(std::move(*domain));
  }
  if (domains.empty()) return {};
  const std::string list = json_list(domains);
  const std::string sql =
      "SELECT " + std::string(column_list<Organization>()) +
      " FROM organizations WHERE user_id = ? AND domain <> '' AND deleted_at IS NULL AND domain" +
      std::string(dialect_of(connection_).in_texts);
  OMNICRM_ASSIGN(auto found, list_rows<Organization>(connection_, sql, unit_.user(), list));
  for (Organization& organization : found) {
    std::string domain = organization.domain;
    organizations_[std::move(domain)] = std::move(organization);
  }
  return {};
}

Result<std::optional<Organization>> ContactLookups::organization(const std::string& domain) {
  if (const auto known = organizations_.find(domain); known != organizations_.end()) return known->second;
  OMNICRM_ASSIGN(auto found, organization_of_domain(connection_, unit_, domain));
  organizations_[domain] = found;
  return found;
}

void ContactLookups::changed(const Organization& organization) {
  organizations_[organization.domain] = organization;
}

Result<std::optional<ContactId>> ContactLookups::owner(IdentityKind kind, const std::string& key) {
  if (const auto known = owners_.find(Key{kind, key}); known != owners_.end()) return known->second;
  OMNICRM_ASSIGN(const auto found, identity_owner(connection_, unit_, kind, key));
  owners_[{kind, key}] = found;
  return found;
}

Result<bool> ContactLookups::is_suppressed(const Identity& identity) {
  if (identity.kind == IdentityKind::email) return is_email_suppressed(identity.key);
  return repository::is_suppressed(connection_, unit_, identity);
}

Result<bool> ContactLookups::is_email_suppressed(const std::string& match_key) {
  if (const auto known = suppressed_emails_.find(match_key); known != suppressed_emails_.end())
    return known->second;
  OMNICRM_ASSIGN(const bool found,
                 repository::is_suppressed(connection_, unit_, {IdentityKind::email, match_key, {}, {}}));
  suppressed_emails_[match_key] = found;
  return found;
}

Result<std::optional<Contact>> ContactLookups::contact(ContactId id) {
  if (const auto known = contacts_.find(id); known != contacts_.end()) return known->second;
  OMNICRM_ASSIGN(auto found, load_contact(connection_, unit_, id));
  if (found) contacts_.emplace(id, *found);
  return found;
}

void ContactLookups::changed(const Contact* before, const Contact& after) {
  if (before != nullptr) {
    for (Identity& identity : identities_of(*before))
      owners_[{identity.kind, std::move(identity.key)}].reset();
  }
  if (is_live(after)) {
    for (Identity& identity : identities_of(after))
      owners_[{identity.kind, std::move(identity.key)}] = after.id;
  }
  contacts_.insert_or_assign(after.id, after);
}

void ContactLookups::forget() {
  owners_.clear();
  contacts_.clear();
}

}  // namespace omnicrm::repository
