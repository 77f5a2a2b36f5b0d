// Rows of the timeline: interaction, participants, documents and their text, written and taken out together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <omnicrm/model/interaction.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/interaction_text.hpp"
#include "repository/unit.hpp"

namespace omnicrm::repository {

/// Free places in the full-text order (docs/adr/0004) for interactions of these times, in their order.
[[nodiscard]] Result<std::vector<std::int64_t>> free_places(storage::Connection& connection, UserId user,
                                                            std::span<const Timestamp> times);

/// The first free place in the minute of `place`, or behind it when the minute is full.
[[nodiscard]] Result<std::int64_t> free_place_of_minute(storage::Connection& connection, UserId user,
                                                        std::int64_t place);

/// Writes many new interactions: the rows of all their tables are sent together where that helps, so nothing
/// else should be asked of the connection meanwhile. Add them in the order of their places: full text is
/// written fastest in rising order (an out-of-order rowid makes FTS5 write out all it holds; docs/adr/0004).
class InteractionInserter {
 public:
  [[nodiscard]] static Result<InteractionInserter> make(storage::Connection& connection, const Unit& unit);
  /// `id`, times and participants' contacts are set; the documents get their interaction's id.
  [[nodiscard]] Result<void> add(const Interaction& interaction, std::span<Document> documents,
                                 std::int64_t place);

 private:
  InteractionInserter(storage::Connection& connection, const Unit& unit)
      : connection_(connection), unit_(unit) {}

  storage::Connection& connection_;
  const Unit& unit_;
  storage::StatementPtr interactions_, participants_, documents_, texts_;
};

/// Which contact an interaction is chiefly about, by its participants. The same rank as in
/// participant_links.cpp.
[[nodiscard]] std::optional<ContactId> primary_contact(std::span<const Participant> participants);

/// The contact that owns an e-mail match key, if any.
[[nodiscard]] Result<std::optional<ContactId>> owner_of_email(storage::Connection& connection, UserId user,
                                                              std::string_view match_key);

/// Writes one that stands alone, without documents.
[[nodiscard]] Result<void> insert_interaction(storage::Connection& connection, const Unit& unit,
                                              const Interaction& interaction);
/// The same for a row that is there: replaces all but the key; participants and documents are written anew.
[[nodiscard]] Result<void> replace_interaction(storage::Connection& connection, const Unit& unit,
                                               const Interaction& interaction,
                                               std::optional<std::span<Document>> documents);
/// Takes it out with participants, documents and text.
[[nodiscard]] Result<void> erase_interaction(storage::Connection& connection, const Unit& unit,
                                             InteractionId id);

/// With participants; nothing when there is none.
[[nodiscard]] Result<std::optional<Interaction>> find_interaction(storage::Connection& connection,
                                                                  UserId user, InteractionId id);
[[nodiscard]] Result<std::vector<Participant>> participants_of(storage::Connection& connection, UserId user,
                                                               InteractionId id);
/// Of many interactions at once, in their order.
[[nodiscard]] Result<std::vector<std::vector<Participant>>> participants_of(
    storage::Connection& connection, UserId user, std::span<const InteractionId> ids);
[[nodiscard]] Result<std::vector<Document>> documents_of(storage::Connection& connection, UserId user,
                                                         InteractionId id);

}  // namespace omnicrm::repository
