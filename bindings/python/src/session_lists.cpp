#include "method.hpp"
#include "operations/describe.hpp"
#include "parts.hpp"

namespace omnicrm::python {

using repository::Audit;
using repository::Segments;
using repository::Settings;
using repository::Tags;
using repository::Tasks;

void define_lists(SessionClass& session) {
  constexpr auto tags = &Session::tags;
  method(session, "tags_create", tags, &Tags::create, "name", "color");
  method(session, "tags_get", tags, &Tags::get, "id");
  method(session, "tags_update", tags, &Tags::update, "changed");
  method(session, "tags_remove", tags, &Tags::remove, "id");
  method(session, "tags_list", tags, &Tags::list, "page");
  method(session, "tags_assign", tags, &Tags::assign, "tag", "contacts");
  method(session, "tags_unassign", tags, &Tags::unassign, "tag", "contacts");
  method(session, "tags_of_contact", tags, &Tags::of_contact, "contact");

  constexpr auto segments = &Session::segments;
  method(session, "segments_create", segments, &Segments::create, "name", "filter");
  method(session, "segments_get", segments, &Segments::get, "id");
  method(session, "segments_update", segments, &Segments::update, "changed");
  method(session, "segments_remove", segments, &Segments::remove, "id");
  method(session, "segments_list", segments, &Segments::list, "page");
  method(session, "segments_contacts", segments, &Segments::contacts, "id", "page");
  method(session, "segments_preview", segments, &Segments::preview, "filter", "page");
  method(session, "segments_count", segments, &Segments::count, "id");

  constexpr auto tasks = &Session::tasks;
  method(session, "tasks_create", tasks, &Tasks::create, "draft");
  method(session, "tasks_get", tasks, &Tasks::get, "id");
  method(session, "tasks_update", tasks, &Tasks::update, "changed");
  method(session, "tasks_remove", tasks, &Tasks::remove, "id");
  method(session, "tasks_complete", tasks, &Tasks::complete, "id");
  method(session, "tasks_reopen", tasks, &Tasks::reopen, "id");
  method(session, "tasks_snooze", tasks, &Tasks::snooze, "id", "until");
  method(session, "tasks_list", tasks, &Tasks::list, "filter", "page");

  constexpr auto settings = &Session::settings;
  method(session, "settings_get", settings, &Settings::get, "name");
  method(session, "settings_set", settings, &Settings::set, "name", "value");
  method(session, "settings_list", settings, &Settings::list);

  constexpr auto audit = &Session::audit;
  method(session, "audit_list", audit, &Audit::list, "filter", "page");
  method(session, "audit_verify", audit, &Audit::verify);
}

}  // namespace omnicrm::python
