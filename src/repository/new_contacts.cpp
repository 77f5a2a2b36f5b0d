#include "repository/new_contacts.hpp"

#include <algorithm>
#include <set>

#include "core/errors.hpp"
#include "model/describe.hpp"
#include "model/json_list.hpp"
#include "model/reflect.hpp"
#include "repository/contact_identities.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_text.hpp"
#include "repository/dialect.hpp"
#include "repository/participant_links.hpp"
#include "repository/row.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view identity_columns[] = {"user_id", "kind", "match_key", "contact_id", "value"};

}  // namespace

Result<void> NewContacts::add(const Contact& contact) {
  if (!contacts_) {
    OMNICRM_ASSIGN(contacts_, prepare_insert_rows<Contact>(connection_));
  }
  OMNICRM_TRY(insert_more(*contacts_, unit_.user(), contact, sort_name(contact.display_name)));
  OMNICRM_TRY(add_identities(contact));
  std::string words = indexed_words(contact);
  if (!words.empty()) words_.emplace_back(contact.id, std::move(words));
  return {};
}

Result<void> NewContacts::add_identities(const Contact& contact) {
  std::set<std::pair<IdentityKind, std::string>> seen;
  for (const Identity& identity : identities_of(contact)) {
    if (!seen.emplace(identity.kind, identity.key).second) continue;  // said twice
    if (!identities_) {
      OMNICRM_ASSIGN(identities_, connection_.prepare_insert("contact_identities", identity_columns));
    }
    const std::string_view kind = enum_name(identity.kind);
    int at = 0;
    const auto bind = [&](const auto& value) { storage::bind_value(*identities_, at++, value); };
    bind(unit_.user()), bind(kind), bind(identity.key), bind(contact.id), bind(identity.value);
    OMNICRM_TRY(identities_->step());
    identities_->reset();
    if (identity.kind == IdentityKind::email) emails_.emplace_back(identity.key, contact.id);
  }
  return {};
}

/// Few of those that an import meets were in earlier mail: which ones is asked first, once for all.
Result<void> NewContacts::link_participants() {
  if (emails_.empty()) return {};
  std::set<std::string> there;
  {
    const std::string keys =
        json_list(emails_, [](const auto& email) { return std::string_view(email.first); });
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_, dialect_of(connection_).participating_keys,
                                                  keys, unit_.user()));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      there.insert(rows.get<std::string>(0));
    }
  }
  for (const auto& [key, contact] : emails_) {
    if (!there.contains(key)) continue;
    OMNICRM_TRY(repository::link_participants(connection_, unit_, key, contact));
  }
  emails_.clear();
  return {};
}

Result<void> NewContacts::finish() {
  OMNICRM_TRY(link_participants());
  if (words_.empty()) return {};
  OMNICRM_TRY(dialect_of(connection_).index_contacts(connection_, unit_.user(), words_));
  words_.clear();
  return {};
}

}  // namespace omnicrm::repository
