#include "operations/edit.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

using repository::ContactActivity;

// What a person may write of each kind; a missing `occurred_at` is now.
constexpr auto note_fields = std::to_array<std::string_view>(
    {"subject", "body", "occurred_at", "labels", "contact_id", "participants"});
constexpr auto call_fields = std::to_array<std::string_view>(
    {"subject", "body", "direction", "occurred_at", "ended_at", "labels", "contact_id", "participants"});
constexpr auto meeting_fields = std::to_array<std::string_view>(
    {"subject", "body", "status", "occurred_at", "ended_at", "all_day", "zone", "location", "conference_url",
     "labels", "contact_id", "participants"});
constexpr auto message_fields = std::to_array<std::string_view>(
    {"subject", "body", "direction", "occurred_at", "thread_id", "labels", "contact_id", "participants"});
constexpr auto changeable_fields = std::to_array<std::string_view>(
    {"direction", "status", "subject", "body", "occurred_at", "ended_at", "all_day", "zone", "location",
     "conference_url", "thread_id", "labels", "contact_id", "participants"});

struct ListInteractions : repository::TimelineFilter, PageRequest {};
BOOST_DESCRIBE_STRUCT(ListInteractions, (repository::TimelineFilter, PageRequest), ())

struct MostActive {
  std::int64_t limit = 20;
};
BOOST_DESCRIBE_STRUCT(MostActive, (), (limit))

template <InteractionKind kind>
Result<Interaction> add(Session& session, const Draft<Interaction>& draft) {
  Interaction interaction = draft.record;
  interaction.kind = kind;
  return session.interactions().create(interaction);
}

Result<Interaction> read(Session& session, InteractionId id) {
  return session.interactions().get(id);
}
Result<Interaction> get(Session& session, const ById<InteractionId>& request) {
  return read(session, request.id);
}
Result<Interaction> store(Session& session, const Interaction& changed) {
  return session.interactions().update(changed);
}

Result<Nothing> remove(Session& session, const ByVersion<InteractionId>& request) {
  OMNICRM_TRY(session.interactions().remove(request.id, request.expected_version));
  return Nothing{};
}

Result<Page<Interaction>> list(Session& session, const ListInteractions& request) {
  return session.interactions().timeline(request, request);
}

Result<Items<Document>> documents(Session& session, const ById<InteractionId>& request) {
  OMNICRM_ASSIGN(auto found, session.interactions().documents(request.id));
  return Items<Document>{std::move(found)};
}

Result<Items<ContactActivity>> most_active(Session& session, const MostActive& request) {
  OMNICRM_ASSIGN(auto people, session.interactions().most_active(request.limit));
  return Items<ContactActivity>{std::move(people)};
}

}  // namespace

std::span<const Operation> interaction_operations() noexcept {
  using enum InteractionKind;
  static constexpr Operation operations[] = {
      define_create<add<note>, note_fields>("interactions.add_note", "Stores a note."),
      define_create<add<call>, call_fields>("interactions.add_call", "Stores a call."),
      define_create<add<meeting>, meeting_fields>("interactions.add_meeting", "Stores a meeting."),
      define_create<add<message>, message_fields>("interactions.add_message", "Stores a message."),
      define<get>("interactions.get", Scope::read, "An interaction by its id, with its participants."),
      define<list>("interactions.list", Scope::read, "The whole timeline, newest first, filtered, in pages."),
      define_update<read, store, changeable_fields>("interactions.update",
                                                    "Changes the given fields of an interaction."),
      define<remove>("interactions.delete", Scope::write,
                     "Deletes an interaction and keeps sync from bringing it back."),
      define<documents>("interactions.documents", Scope::read, "The files that came with an interaction."),
      define<most_active>("interactions.most_active", Scope::read,
                          "The contacts with most mail and meetings."),
  };
  return operations;
}

}  // namespace omnicrm::operations
