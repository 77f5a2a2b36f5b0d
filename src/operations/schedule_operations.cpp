#include "operations/edit.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

constexpr auto created_fields = std::to_array<std::string_view>(
    {"name", "kind", "payload", "cron", "zone", "catch_up", "paused", "unique", "priority"});
constexpr auto schedule_fields = std::to_array<std::string_view>(
    {"name", "kind", "payload", "cron", "zone", "catch_up", "unique", "priority"});

Result<Schedule> create(Session& session, const Draft<Schedule>& draft) {
  return session.schedules().create(draft.record);
}
Result<Schedule> read(Session& session, ScheduleId id) {
  return session.schedules().get(id);
}
Result<Schedule> get(Session& session, const ById<ScheduleId>& request) {
  return read(session, request.id);
}
Result<Schedule> store(Session& session, const Schedule& changed) {
  return session.schedules().update(changed);
}
Result<Nothing> remove(Session& session, const ById<ScheduleId>& request) {
  OMNICRM_TRY(session.schedules().remove(request.id));
  return Nothing{};
}
Result<Page<Schedule>> list(Session& session, const PageRequest& request) {
  return session.schedules().list(request);
}
Result<Schedule> pause(Session& session, const ById<ScheduleId>& request) {
  return session.schedules().pause(request.id);
}
Result<Schedule> resume(Session& session, const ById<ScheduleId>& request) {
  return session.schedules().resume(request.id);
}
Result<Items<Timestamp>> preview(Session& session, const jobs::SchedulePreview& request) {
  OMNICRM_ASSIGN(auto times, session.schedules().preview(request));
  return Items<Timestamp>{std::move(times)};
}

}  // namespace

std::span<const Operation> schedule_operations() noexcept {
  static constexpr Operation operations[] = {
      define_create<create, created_fields>("schedules.create",
                                            "Enqueues jobs of a kind at the times of a cron expression."),
      define<get>("schedules.get", Scope::read, "A schedule by its id."),
      define_update<read, store, schedule_fields>("schedules.update",
                                                  "Changes a schedule's times, zone, kind or payload."),
      define<remove>("schedules.remove", Scope::write, "Deletes a schedule; jobs that it enqueued stay."),
      define<list>("schedules.list", Scope::read, "Schedules by name, in pages."),
      define<pause>("schedules.pause", Scope::write, "Stops a schedule until it is resumed."),
      define<resume>("schedules.resume", Scope::write, "Lets a paused schedule go on with its next time."),
      define<preview>("schedules.preview", Scope::read,
                      "The next fire times of a cron expression in a zone."),
  };
  return operations;
}

}  // namespace omnicrm::operations
