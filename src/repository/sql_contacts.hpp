// People, over SQL. The parts with ideas of their own are in files of their own (contact_*.cpp).
#pragma once

#include <omnicrm/repository/contacts.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

class SqlContacts final : public Contacts {
 public:
  explicit SqlContacts(Unit unit) : unit_(std::move(unit)) {}

  Result<Contact> create(const Contact& draft) override;
  Result<Contact> get(ContactId id) override;
  Result<std::optional<Contact>> find(IdentityKind kind, std::string_view value) override;
  Result<Contact> update(const Contact& changed) override;
  Result<void> remove(ContactId id, std::int64_t version) override;
  Result<Contact> restore(ContactId id) override;
  Result<Page<Contact>> list(const ContactFilter& filter, const PageRequest& page) override;
  Result<Page<ContactHit>> search(std::string_view text, const PageRequest& page) override;
  Result<MergeResult> merge(ContactId survivor, const std::vector<ContactId>& absorbed) override;
  Result<Contact> unmerge(BatchId merge) override;
  Result<Page<DuplicateSuggestion>> suggest_duplicates(const PageRequest& page) override;

 private:
  Unit unit_;
};

}  // namespace omnicrm::repository
