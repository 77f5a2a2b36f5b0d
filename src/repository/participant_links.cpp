#include "repository/participant_links.hpp"

#include "core/errors.hpp"
#include "repository/dialect.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

// The participant an interaction is chiefly about: whoever the note is about, else the sender or organizer,
// else the first recipient; never the user. The rank in `primary_participant` (interaction_rows.cpp) is the
// same.
constexpr std::string_view chief_participant = R"sql(
  SELECT p.contact_id FROM interaction_participants p
  WHERE p.user_id = interactions.user_id AND p.interaction_id = interactions.id
    AND p.contact_id IS NOT NULL AND p.is_self = 0
  ORDER BY CASE p.role
      WHEN 'about' THEN 0 WHEN 'from' THEN 1 WHEN 'organizer' THEN 2 WHEN 'sender' THEN 3 WHEN 'to' THEN 4
      WHEN 'attendee' THEN 5 WHEN 'cc' THEN 6 WHEN 'optional_attendee' THEN 7 WHEN 'bcc' THEN 8 ELSE 9 END,
    p.ordinal
  LIMIT 1)sql";

}  // namespace

Result<void> link_participants(storage::Connection& connection, const Unit& unit, std::string_view match_key,
                               std::optional<ContactId> contact) {
  // Both are sent without asking what the first one changed: there is rarely more than an index to look into.
  OMNICRM_TRY(
      storage::run(connection, dialect_of(connection).link_participants, contact, unit.user(), match_key));
  static const std::string refresh =
      "UPDATE interactions SET contact_id = (" + std::string(chief_participant) +
      ") WHERE user_id = ?1 AND id IN (SELECT interaction_id FROM interaction_participants "
      "WHERE user_id = ?1 AND match_key = ?2 AND match_key <> '')";
  OMNICRM_TRY(storage::run(connection, refresh, unit.user(), match_key));
  return {};
}

Result<void> refresh_primary_contact(storage::Connection& connection, const Unit& unit,
                                     InteractionId interaction) {
  static const std::string refresh = "UPDATE interactions SET contact_id = (" +
                                     std::string(chief_participant) + ") WHERE user_id = ? AND id = ?";
  OMNICRM_TRY(storage::run(connection, refresh, unit.user(), interaction));
  return {};
}

}  // namespace omnicrm::repository
