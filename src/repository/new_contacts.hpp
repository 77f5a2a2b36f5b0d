// The contacts that an import makes: what follows from each is written for many at once.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Works in one transaction. Between `add` and `finish` the contacts and their identities are there, but
/// neither their words nor the participants that were them before. One thread at a time.
class NewContacts {
 public:
  NewContacts(storage::Connection& connection, const Unit& unit) : connection_(connection), unit_(unit) {}

  /// A live contact whose identities are nobody's.
  Result<void> add(const Contact& contact);
  Result<void> finish();

 private:
  Result<void> add_identities(const Contact& contact);
  Result<void> link_participants();

  storage::Connection& connection_;
  const Unit& unit_;
  storage::StatementPtr contacts_;
  storage::StatementPtr identities_;
  std::vector<std::pair<std::string, ContactId>> emails_;  // match keys
  std::vector<std::pair<ContactId, std::string>> words_;
};

}  // namespace omnicrm::repository
