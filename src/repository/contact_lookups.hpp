// What an import asks again and again of contacts, asked once for many and remembered while a transaction
// lasts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/model/organization.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/contact_identities.hpp"
#include "repository/new_contacts.hpp"
#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Which of many e-mail match keys somebody has, and which are suppressed.
struct KnownEmails {
  std::set<std::string> owned, suppressed;
};
[[nodiscard]] Result<KnownEmails> known_emails(storage::Connection& connection, const Unit& unit,
                                               const std::set<std::string>& keys);

/// Works in one transaction; who changes contacts there says so, here. One thread at a time.
class ContactLookups {
 public:
  ContactLookups(storage::Connection& connection, const Unit& unit)
      : connection_(connection), unit_(unit), made_(connection, unit) {}

  /// Looks these e-mail match keys up at once: whose they are, whether they are suppressed, and the
  /// organizations of those that are nobody's yet.
  Result<void> look_up(const std::set<std::string>& emails);

  Result<std::optional<ContactId>> owner(IdentityKind kind, const std::string& key);
  Result<std::optional<ContactId>> owner_of_email(const std::string& match_key) {
    return owner(IdentityKind::email, match_key);
  }
  Result<bool> is_suppressed(const Identity& identity);
  Result<bool> is_email_suppressed(const std::string& match_key);
  /// Also deleted ones and those merged away.
  Result<std::optional<Contact>> contact(ContactId id);

  /// The live organization of a domain.
  Result<std::optional<Organization>> organization(const std::string& domain);

  /// An organization was made or changed.
  void changed(const Organization& organization);
  /// A contact was made (`before` is null) or changed.
  void changed(const Contact* before, const Contact& after);
  /// More changed than can be said.
  void forget();
  /// Those that the import made. Finish them before a contact is changed, and at the end.
  [[nodiscard]] NewContacts& made() { return made_; }

 private:
  using Key = std::pair<IdentityKind, std::string>;
  Result<void> look_up_owners(const std::string& keys);
  Result<void> look_up_organizations(const std::set<std::string>& emails);

  storage::Connection& connection_;
  const Unit& unit_;
  std::map<Key, std::optional<ContactId>, std::less<>> owners_;
  std::unordered_map<ContactId, Contact> contacts_;
  std::map<std::string, bool, std::less<>> suppressed_emails_;
  std::map<std::string, std::optional<Organization>, std::less<>> organizations_;  // by domain
  NewContacts made_;
};

}  // namespace omnicrm::repository
