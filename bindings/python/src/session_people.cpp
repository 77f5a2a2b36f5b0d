#include "method.hpp"
#include "operations/describe.hpp"
#include "parts.hpp"

namespace omnicrm::python {

using repository::Contacts;
using repository::Interactions;
using repository::Organizations;

void define_people(SessionClass& session) {
  constexpr auto contacts = &Session::contacts;
  method(session, "contacts_create", contacts, &Contacts::create, "draft");
  method(session, "contacts_get", contacts, &Contacts::get, "id");
  method(session, "contacts_find", contacts, &Contacts::find, "kind", "value");
  method(session, "contacts_update", contacts, &Contacts::update, "changed");
  method(session, "contacts_remove", contacts, &Contacts::remove, "id", "version");
  method(session, "contacts_restore", contacts, &Contacts::restore, "id");
  method(session, "contacts_list", contacts, &Contacts::list, "filter", "page");
  method(session, "contacts_search", contacts, &Contacts::search, "text", "page");
  method(session, "contacts_merge", contacts, &Contacts::merge, "survivor", "absorbed");
  method(session, "contacts_unmerge", contacts, &Contacts::unmerge, "merge");
  method(session, "contacts_suggest_duplicates", contacts, &Contacts::suggest_duplicates, "page");

  constexpr auto organizations = &Session::organizations;
  method(session, "organizations_create", organizations, &Organizations::create, "draft");
  method(session, "organizations_get", organizations, &Organizations::get, "id");
  method(session, "organizations_find", organizations, &Organizations::find, "domain");
  method(session, "organizations_update", organizations, &Organizations::update, "changed");
  method(session, "organizations_remove", organizations, &Organizations::remove, "id", "version");
  method(session, "organizations_list", organizations, &Organizations::list, "text", "page");

  constexpr auto interactions = &Session::interactions;
  method(session, "interactions_create", interactions, &Interactions::create, "draft");
  method(session, "interactions_get", interactions, &Interactions::get, "id");
  method(session, "interactions_update", interactions, &Interactions::update, "changed");
  method(session, "interactions_remove", interactions, &Interactions::remove, "id", "version");
  method(session, "interactions_timeline", interactions, &Interactions::timeline, "filter", "page");
  method(session, "interactions_documents", interactions, &Interactions::documents, "id");
  method(session, "interactions_most_active", interactions, &Interactions::most_active, "limit");

  method(session, "search_query", &Session::search, &insight::SearchService::query, "query", "page");
}

}  // namespace omnicrm::python
