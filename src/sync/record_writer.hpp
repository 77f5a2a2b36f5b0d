// Writes what a normalizer made: contacts by the rules, then the interactions that they take part in.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/model/sync.hpp>
#include <omnicrm/storage/storage.hpp>
#include <omnicrm/sync/normalizer.hpp>

#include "repository/contact_lookups.hpp"
#include "repository/interaction_rows.hpp"
#include "repository/raw_events.hpp"
#include "repository/unit.hpp"
#include "sync/contact_rules.hpp"

namespace omnicrm::sync {

/// What a plan tells its normalizers. Recurring events are expanded around the time of approval, so that
/// running the job again gives the same instances.
[[nodiscard]] NormalizeOptions normalize_options(const SyncPlan& plan, Timestamp now);

/// Works in one transaction of one batch; nothing of it is kept beyond. What many items ask is asked for all
/// of them at once, and the interactions of items that stand alone are written together by `finish`, when it
/// is known who became a contact: until then the events, normalizers and what these made must stay.
class RecordWriter {
 public:
  RecordWriter(storage::Connection& connection, const repository::Unit& unit, const SyncPlan& plan);

  /// An item that is going to be written.
  struct Planned {
    const RawEvent* event = nullptr;
    const Normalized* normalized = nullptr;  ///< null: not known yet, or unreadable
  };
  /// Looks up for all items what will be asked about each.
  Result<void> look_up(std::span<const Planned> items);

  /// Whether the user deleted what this item made. Only of items that `look_up` was told of.
  [[nodiscard]] bool is_suppressed(const RawEvent& event) const;
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

  /// Interactions, terminal states and decisions; last.
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
  /// An interaction that waits for `write_waiting`.
  struct Waiting {
    const RawEvent* event;
    const NormalizedInteraction* made;
    const ItemFacts* facts;
    const Normalizer* normalizer;
  };
  Result<void> write_waiting();
  /// Like `settle`, but with many others by `finish` when nothing asks about the item meanwhile.
  Result<void> settle_or_wait(const RawEvent& event, RawEventState state, std::string reason,
                              std::int64_t version);
  Result<void> write_settled();
  Result<void> write_decisions();
  void count(RawEventState state);
  Result<std::vector<Interaction>> instances_of(const std::string& thread_id);
  Result<void> replace_instance(const Interaction& before, const RawEvent& event,
                                const NormalizedInteraction& made, const ItemFacts& facts,
                                const Normalizer& normalizer);
  Result<void> remove_instance(const Interaction& before);
  void count_decision(const PersonDecision& decision);

  storage::Connection& connection_;
  const repository::Unit& unit_;
  const SyncPlan& plan_;
  Owner owner_;
  BatchCounts counts_;
  repository::ContactLookups lookups_;
  std::vector<Waiting> waiting_;
  struct Settling {
    RawEventState state;
    std::int64_t version;
    std::string reason;
    friend auto operator<=>(const Settling&, const Settling&) = default;
  };
  std::map<Settling, std::vector<RawEventId>> settling_;
  std::set<std::string, std::less<>> suppressed_items_;  // "service:source id"
  /// (match key, rule) -> mails that asked; an empty rule never occurs.
  std::map<std::pair<std::string, ContactRule>, std::int64_t> decisions_;
};

}  // namespace omnicrm::sync
