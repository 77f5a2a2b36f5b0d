#include "sync/owner_addresses.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/address.hpp"
#include "core/errors.hpp"
#include "model/json.hpp"
#include "storage/query.hpp"
#include "sync/plugin_calls.hpp"

namespace omnicrm::sync {
namespace {

/// As many messages are looked at to find out whose mailbox it is.
constexpr std::int64_t sample_messages = 2'000;

void add_address(std::set<std::string>& addresses, std::string_view text) {
  if (auto address = parse_address(text)) addresses.insert(address->normalized);
}

Result<std::set<std::string>> configured(const repository::Unit& unit, const SyncSource& wanted) {
  std::set<std::string> addresses;
  for (const std::string& text : wanted.owner_addresses) {
    if (!parse_address(text)) return invalid("owner_addresses", "'" + text + "' is not an e-mail address");
    add_address(addresses, text);
  }
  OMNICRM_ASSIGN(const auto setting, unit.read([&](storage::Connection& connection) {
    return storage::query_one<std::string>(
        connection, "SELECT value FROM settings WHERE user_id = ? AND name = 'user.addresses'", unit.user());
  }));
  if (setting) {
    OMNICRM_ASSIGN(const auto list, from_json<std::vector<std::string>>(*setting));
    for (const std::string& text : list) add_address(addresses, text);
  }
  return addresses;
}

/// Counts in the sampled messages.
struct Sample {
  std::int64_t messages = 0;
  std::int64_t delivered = 0;  ///< messages that say where they were delivered
  std::set<std::string> sent_from;
  std::map<std::string, std::int64_t> delivered_to;
  std::map<std::string, std::int64_t> to;

  void add(const ItemFacts& facts) {
    ++messages;
    delivered += facts.delivered_to.empty() ? 0 : 1;
    std::set<std::string> reached;
    for (const std::string& text : facts.delivered_to) add_address(reached, text);
    for (const std::string& address : reached) ++delivered_to[address];
    for (const Participant& person : facts.participants) {
      if (person.role == ParticipantRole::from && facts.marked_sent) add_address(sent_from, person.address);
      if (person.role == ParticipantRole::to) ++to[person.address];
    }
  }

  /// Who sent from here; else where most of the mail was delivered to; else whom most of it names.
  [[nodiscard]] std::set<std::string> owners() const {
    std::set<std::string> owners = sent_from;
    for (const auto& [address, count] : delivered_to) {
      if (count * 5 >= delivered) owners.insert(address);
    }
    if (!owners.empty()) return owners;
    for (const auto& [address, count] : to) {
      if (count * 2 > messages) owners.insert(address);
    }
    return owners;
  }
};

}  // namespace

Result<std::vector<std::string>> owner_addresses(const Parts& parts, const repository::Unit& unit,
                                                 const SyncSource& wanted, Source& source,
                                                 const std::vector<PlanFile>& files, std::stop_token stop) {
  OMNICRM_ASSIGN(std::set<std::string> owners, configured(unit, wanted));
  if (!owners.empty()) return std::vector<std::string>(owners.begin(), owners.end());
  Sample sample;
  for (const PlanFile& file : files) {
    if (file.format != "mbox" && file.format != "maildir" && file.format != "eml") continue;
    OMNICRM_ASSIGN(auto reader, source.read(file, ""));
    SourceItem item;
    while (sample.messages < sample_messages && !stop.stop_requested()) {
      OMNICRM_ASSIGN(const bool more, next_item(*reader, item));
      if (!more) break;
      const Normalizer* normalizer = parts.normalizer(item.content_type);
      if (normalizer == nullptr || item.state != RawEventState::pending) continue;
      auto facts = facts_of(*normalizer, {item.source_id, item.content_type, item.payload, &item.origin});
      if (facts) sample.add(*facts);
    }
  }
  owners = sample.owners();
  return std::vector<std::string>(owners.begin(), owners.end());
}

}  // namespace omnicrm::sync
