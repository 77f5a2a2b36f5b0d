// Who becomes a contact: the rules of SYNC.md, as one pure function that preview, import and dry run share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/model/sync.hpp>
#include <omnicrm/sync/source.hpp>

namespace omnicrm::sync {

/// The rule that decided about a person. The first four make a contact, the others do not.
enum class ContactRule {
  card,          ///< a card or a row of a table describes them
  wrote_to,      ///< the user wrote to them
  met,           ///< they and the user were in a meeting
  wrote_to_you,  ///< they wrote to the user
  own_address,
  role_address,         ///< no-reply and its kin, list robots
  resource,             ///< a room or a device (RFC 5545 CUTYPE)
  list_mail,            ///< List-Id, List-Unsubscribe, Precedence: bulk/list/junk
  auto_submitted,       ///< Auto-Submitted other than `no`
  too_many_recipients,  ///< over 25
  suppressed,           ///< the user deleted or rejected them
  bad_address,          ///< not an address
  policy,               ///< the connection's policy does not take this direction
};

[[nodiscard]] std::string_view to_string(ContactRule rule) noexcept;
[[nodiscard]] constexpr bool makes_contact(ContactRule rule) noexcept {
  return rule <= ContactRule::wrote_to_you;
}

/// Recipients beyond which a mail says nothing about who knows whom.
inline constexpr std::size_t max_recipients = 25;

/// The user's own addresses, folded for matching.
class Owner {
 public:
  Owner() = default;
  /// Addresses that cannot be parsed are left out.
  explicit Owner(std::span<const std::string> addresses);
  [[nodiscard]] bool owns(std::string_view match_key) const noexcept;
  [[nodiscard]] const std::vector<std::string>& keys() const noexcept { return keys_; }

 private:
  std::vector<std::string> keys_;  // sorted
};

/// One person of an item, decided.
struct PersonDecision {
  std::string address;    ///< normalized, as shown
  std::string match_key;  ///< empty for a card without an e-mail
  std::string name;
  ContactRule rule = ContactRule::policy;
};

/// Decides about everybody in an item but for suppression, which needs the storage: `suppressed` is asked for
/// each address that would make a contact. The answer depends on the item alone, never on others.
[[nodiscard]] std::vector<PersonDecision> decide(const ItemFacts& facts, InteractionKind kind,
                                                 const Owner& owner, ContactPolicy policy);

/// Which way the item went, seen from the user.
[[nodiscard]] Direction direction_of(const ItemFacts& facts, const Owner& owner);

}  // namespace omnicrm::sync
