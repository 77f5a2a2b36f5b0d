// Counts what the contact rules say of each person, over any number of items, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <omnicrm/model/sync.hpp>
#include <omnicrm/storage/storage.hpp>

#include "core/errors.hpp"
#include "repository/unit.hpp"
#include "sync/contact_rules.hpp"

namespace omnicrm::sync {

/// Works in a scratch database. The rule that decides about a person is the first, in the order of
/// `ContactRule`, that any item gave: one mail that the user wrote makes a contact, whatever the others say.
class PeopleTally {
 public:
  /// `scratch` must outlive the tally.
  [[nodiscard]] static Result<PeopleTally> open(storage::Connection& scratch);

  [[nodiscard]] Result<void> add(const PersonDecision& person);
  /// Several addresses of one card: one person, whatever else is added under any of them.
  [[nodiscard]] Result<void> add_card(const std::vector<PersonDecision>& addresses);
  /// Looks up who is a contact or suppressed already, many at a time.
  [[nodiscard]] Result<void> match(const repository::Unit& unit);
  /// Fills the counts and the list of contacts; after `match`.
  [[nodiscard]] Result<void> summarize(PlanSummary& summary);

 private:
  struct Count {
    std::string address;
    std::string name;
    ContactRule rule = ContactRule::policy;
    std::int64_t messages = 0;
  };

  /// Somebody to be looked up.
  struct Person {
    std::string key;
    ContactRule rule = ContactRule::policy;
  };
  [[nodiscard]] Result<std::vector<Person>> people_after(const std::string& key);

  explicit PeopleTally(storage::Connection& scratch) : scratch_(&scratch) {}
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<std::string> root_of(const std::string& key);

  storage::Connection* scratch_;
  /// By match key, not in the scratch database yet: most mail is from and to the same people.
  std::unordered_map<std::string, Count> recent_;
  std::size_t recent_bytes_ = 0;
};

}  // namespace omnicrm::sync
