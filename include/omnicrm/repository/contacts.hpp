// People, of one user.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>

namespace omnicrm::repository {

/// @since 0.1
enum class ContactOrder { name, created, updated };

/// @since 0.1
struct ContactFilter {
  ContactOrder order = ContactOrder::name;
  std::optional<TagId> tag_id;
  std::optional<OrganizationId> organization_id;
  std::optional<SegmentId> segment_id;
  std::optional<bool> pinned;
  /// Archived contacts are left out unless asked for.
  bool include_archived = false;
};

/// A contact found by `search`, and by what. @since 0.1
struct ContactHit {
  Contact contact;
  /// The field that matched best: "display_name", "emails", "organization", ...
  std::string matched;
};

/// Two contacts that may be one person. Never merged by themselves. @since 0.1
struct DuplicateSuggestion {
  ContactId first;
  ContactId second;
  std::string first_name;
  std::string second_name;
  /// "same_name_and_domain", "same_name", "same_phone_digits".
  std::string reason;
  /// 0 to 1.
  double score = 0;
};

/// What a merge did. @since 0.1
struct MergeResult {
  /// The contact that stayed, with what it took over.
  Contact contact;
  /// `unmerge` takes it.
  BatchId batch_id;
};

/// People, of one user. Thread-safe. Every change is one transaction, audited. Errors of all: `unavailable`
/// (storage). @since 0.1
class Contacts {
 public:
  virtual ~Contacts() = default;

  /// Stores a new contact. `id`, `version`, `batch_id` and times of `draft` are ignored. Lifts suppressions on its
  /// identities: the user asked for it. Mail that is there already is linked to it.
  /// Errors: `invalid_argument` (nothing to know it by; a field's form), `already_exists` (an identity belongs
  /// to another contact; details name it).
  virtual Result<Contact> create(const Contact& draft) = 0;
  /// Errors: `not_found`.
  virtual Result<Contact> get(ContactId id) = 0;
  /// The contact that owns the address, number or handle after normalization; absent when none does.
  virtual Result<std::optional<Contact>> find(IdentityKind kind, std::string_view value) = 0;
  /// Replaces all editable fields. Errors: `conflict` when the stored version is not `changed.version`,
  /// `not_found`, and those of `create`.
  virtual Result<Contact> update(const Contact& changed) = 0;
  /// Deletes and leaves suppressions, so that sync does not bring it back. `version` 0 deletes any version.
  virtual Result<void> remove(ContactId id, std::int64_t version = 0) = 0;
  /// Undoes `remove`. Errors: `already_exists` when an identity was given to another contact meanwhile.
  virtual Result<Contact> restore(ContactId id) = 0;
  virtual Result<Page<Contact>> list(const ContactFilter& filter, const PageRequest& page) = 0;
  /// Prefixes and parts of names, addresses, numbers and organizations, ignoring case and accents; every word of
  /// `text` must occur. Best first: whole names, then word prefixes, then parts.
  virtual Result<Page<ContactHit>> search(std::string_view text, const PageRequest& page) = 0;

  /// Moves everything of `absorbed` to `survivor`: identities, timeline, tags, tasks, and fields that the survivor
  /// lacks. Errors: `invalid_argument` (the same contact twice), `not_found`.
  virtual Result<MergeResult> merge(ContactId survivor, const std::vector<ContactId>& absorbed) = 0;
  /// Takes a merge back exactly; changes made to the survivor since stay. Errors: `not_found`,
  /// `failed_precondition` (taken back before).
  virtual Result<Contact> unmerge(BatchId merge) = 0;
  virtual Result<Page<DuplicateSuggestion>> suggest_duplicates(const PageRequest& page) = 0;
};

}  // namespace omnicrm::repository
