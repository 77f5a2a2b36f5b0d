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

/// Index entries that wait for the end of a transaction: full text is written fastest in rising order (an
/// out-of-order rowid makes FTS5 write out all it holds; docs/adr/0004).
class PendingTexts {
 public:
  void add(std::int64_t seq, IndexedText text) { entries_.push_back({seq, std::move(text)}); }
  [[nodiscard]] Result<void> flush(storage::Connection& connection, UserId user);

 private:
  struct Entry {
    std::int64_t seq;
    IndexedText text;
  };
  std::vector<Entry> entries_;
};

/// Which contact an interaction is chiefly about, by its participants. The same rank as in
/// participant_links.cpp.
[[nodiscard]] std::optional<ContactId> primary_contact(std::span<const Participant> participants);

/// The contact that owns an e-mail match key, if any.
[[nodiscard]] Result<std::optional<ContactId>> owner_of_email(storage::Connection& connection, UserId user,
                                                              std::string_view match_key);

/// Writes an interaction whose `id`, times and participants' contacts are set, with its documents (which get
/// their interaction's id). Its text goes to `texts`.
[[nodiscard]] Result<void> insert_interaction(storage::Connection& connection, const Unit& unit,
                                              const Interaction& interaction, std::span<Document> documents,
                                              PendingTexts& texts);
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
[[nodiscard]] Result<std::vector<Document>> documents_of(storage::Connection& connection, UserId user,
                                                         InteractionId id);

}  // namespace omnicrm::repository
