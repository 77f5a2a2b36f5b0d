// Writes what a normalizer made: contacts by the rules, then the interactions that they take part in.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <omnicrm/model/sync.hpp>
#include <omnicrm/storage/storage.hpp>
#include <omnicrm/sync/normalizer.hpp>

#include "repository/interaction_rows.hpp"
#include "repository/raw_events.hpp"
#include "repository/unit.hpp"
#include "sync/contact_rules.hpp"

namespace omnicrm::sync {

/// What a plan tells its normalizers. Recurring events are expanded around the time of approval, so that
/// running the job again gives the same instances.
[[nodiscard]] NormalizeOptions normalize_options(const SyncPlan& plan, Timestamp now);

/// Works in one transaction of one batch; nothing of it is kept beyond.
class RecordWriter {
 public:
  RecordWriter(storage::Connection& connection, const repository::Unit& unit, const SyncPlan& plan);

  /// Whether the user deleted what this item made.
  Result<bool> is_suppressed(const RawEvent& event);
  /// Gives an item its terminal state.
  Result<void> settle(const RawEvent& event, RawEventState state, std::string_view reason,
                      std::int64_t version);

  /// Writes the records of an item that stands alone. A failed `normalized` makes it poison.
  Result<void> write(std::span<const RawEvent> events, const Result<Normalized>& normalized,
                     const Normalizer& normalizer);
  /// Writes the instances of a series in the place of those that are here: new ones are made, changed ones
  /// replaced, missing ones taken out. Settles the events in `own`; the others are settled by the jobs that
  /// they came with.
  Result<void> write_series(std::span<const RawEvent> events, const std::set<RawEventId>& own,
                            const Result<Normalized>& normalized, const Normalizer& normalizer,
                            std::string_view series);

  /// Full text and decisions; last.
  Result<void> finish();
  [[nodiscard]] const BatchCounts& counts() const noexcept { return counts_; }

 private:
  Result<void> write_people(const ItemFacts& facts, InteractionKind kind, Origin origin, Timestamp at,
                            RawEventId raw_event);
  /// Why the last card that was left out was; empty when all became contacts.
  Result<std::string> write_cards(std::span<const RawEvent> events, const Normalized& normalized);
  Result<void> tag_contact(ContactId contact, const std::vector<std::string>& tags);
  Result<void> complete(Interaction& interaction, const RawEvent& event, const ItemFacts& facts,
                        const Normalizer& normalizer);
  Result<void> add_interaction(const RawEvent& event, const NormalizedInteraction& made,
                               const ItemFacts& facts, const Normalizer& normalizer);
  Result<std::vector<Interaction>> instances_of(const std::string& thread_id);
  Result<void> replace_instance(const Interaction& before, const RawEvent& event,
                                const NormalizedInteraction& made, const ItemFacts& facts,
                                const Normalizer& normalizer);
  Result<void> remove_instance(const Interaction& before);
  Result<std::optional<ContactId>> contact_of(const std::string& match_key);
  Result<bool> is_rejected(const std::string& match_key);
  void count_decision(const PersonDecision& decision);

  storage::Connection& connection_;
  const repository::Unit& unit_;
  const SyncPlan& plan_;
  Owner owner_;
  BatchCounts counts_;
  repository::PendingTexts texts_;
  /// (match key, rule) -> mails that asked; an empty rule never occurs.
  std::map<std::pair<std::string, ContactRule>, std::int64_t> decisions_;
  /// Whose an address is, or that it is nobody's: the same person in the next mail costs nothing.
  std::unordered_map<std::string, std::optional<ContactId>> contacts_;
};

}  // namespace omnicrm::sync
