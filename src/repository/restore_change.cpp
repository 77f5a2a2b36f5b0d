#include "repository/restore_change.hpp"

#include <algorithm>
#include <map>

#include "repository/contact_fields.hpp"
#include "repository/contact_identities.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_tag_rows.hpp"
#include "repository/contact_validation.hpp"
#include "repository/participant_links.hpp"
#include "repository/row.hpp"
#include "repository/three_way.hpp"

namespace omnicrm::repository {
namespace {

/// Entry by entry: what the change added goes, what it took away comes back, the rest stays.
std::vector<ContactPoint> three_way_list(IdentityKind kind, const std::vector<ContactPoint>& current,
                                         const std::vector<ContactPoint>& before,
                                         const std::vector<ContactPoint>& after) {
  if (current == after) return before;
  const auto key = [&](const ContactPoint& point) { return identity_key(kind, point).value_or(point.value); };
  const auto find = [&](const std::vector<ContactPoint>& list, const ContactPoint& wanted) {
    return std::find_if(list.begin(), list.end(),
                        [&](const ContactPoint& each) { return key(each) == key(wanted); });
  };
  std::vector<ContactPoint> list;
  for (const ContactPoint& point : current) {
    const auto was = find(before, point);
    const auto became = find(after, point);
    if (became != after.end() && was == before.end()) continue;
    list.push_back(became != after.end() && *became == point && was != before.end() ? *was : point);
  }
  for (const ContactPoint& point : before) {
    if (find(after, point) == after.end() && find(list, point) == list.end()) list.push_back(point);
  }
  settle_primary(list);
  return list;
}

Json three_way_object(const Json& current, const Json& before, const Json& after) {
  if (current == after) return before;
  const auto members = [](const Json& json) {
    std::map<std::string, Json> map;
    if (auto fields = json_object_fields(json.text, "object")) {
      for (auto& [name, value] : *fields) map.emplace(name, std::move(value));
    }
    return map;
  };
  const auto was = members(before);
  const auto became = members(after);
  auto now = members(current);
  const auto same = [](const auto& a, const auto& b, const std::string& name) {
    const auto x = a.find(name);
    const auto y = b.find(name);
    return (x == a.end()) == (y == b.end()) && (x == a.end() || x->second == y->second);
  };
  std::map<std::string, Json> names = was;
  names.insert(became.begin(), became.end());
  for (const auto& [name, unused] : names) {
    if (!same(now, became, name)) continue;
    const auto old = was.find(name);
    if (old == was.end()) {
      now.erase(name);
    } else {
      now.insert_or_assign(name, old->second);
    }
  }
  std::string text = "{";
  for (const auto& [name, value] : now)
    text += (text.size() > 1 ? "," : "") + json_text(name) + ':' + value.text;
  return Json{text + '}'};
}

/// Identities that were given to somebody else meanwhile stay there.
Result<void> leave_taken(storage::Connection& connection, const Unit& unit, Contact& contact) {
  if (!is_live(contact)) return {};
  const auto leave = [&](IdentityKind kind, std::vector<ContactPoint>& points) -> Result<void> {
    std::vector<ContactPoint> kept;
    for (const ContactPoint& point : points) {
      const auto key = identity_key(kind, point);
      std::optional<ContactId> owner;
      if (key) {
        OMNICRM_ASSIGN(owner, identity_owner(connection, unit, kind, *key));
      }
      if (!owner || *owner == contact.id) kept.push_back(point);
    }
    if (kept.size() == points.size()) return {};
    points = std::move(kept);
    settle_primary(points);
    return {};
  };
  OMNICRM_TRY(leave(IdentityKind::email, contact.emails));
  OMNICRM_TRY(leave(IdentityKind::phone, contact.phones));
  return leave(IdentityKind::handle, contact.handles);
}

Result<void> restore_contact_row(storage::Connection& connection, const Unit& unit, const RowChange& change,
                                 bool exact) {
  OMNICRM_ASSIGN(const auto current, load_contact(connection, unit, ContactId{change.row_id}));
  if (!current || !change.before || !change.after) return {};
  OMNICRM_ASSIGN(const Contact before, from_row_image<Contact>(*change.before));
  OMNICRM_ASSIGN(const Contact after, from_row_image<Contact>(*change.after));
  Contact restored = *current == after ? before : three_way(*current, before, after);
  if (!exact || !(*current == after)) {
    restored.version = current->version + 1;
    restored.updated_at = unit.now();
  }
  OMNICRM_TRY(leave_taken(connection, unit, restored));
  return write_contact(connection, unit, *current, restored);
}

Result<void> restore_organization(storage::Connection& connection, const Unit& unit, const RowChange& change,
                                  bool exact) {
  OMNICRM_ASSIGN(const auto current,
                 find_row<Organization>(connection, unit.user(), OrganizationId{change.row_id}));
  if (!current || !change.before || !change.after) return {};
  OMNICRM_ASSIGN(const Organization before, from_row_image<Organization>(*change.before));
  OMNICRM_ASSIGN(const Organization after, from_row_image<Organization>(*change.after));
  Organization restored = without_change(before, after, *current);
  restored.custom = three_way_object(current->custom, before.custom, after.custom);
  restored.provenance = three_way_object(current->provenance, before.provenance, after.provenance);
  if (exact && *current == after) {
    restored.version = before.version;
    restored.updated_at = before.updated_at;
  } else {
    restored.version = current->version + 1;
    restored.updated_at = unit.now();
  }
  OMNICRM_TRY(update_row(connection, unit.user(), restored, sort_name(restored.name)));
  return {};
}

Result<void> restore_task(storage::Connection& connection, const Unit& unit, const RowChange& change,
                          bool exact) {
  OMNICRM_ASSIGN(const auto current, find_row<Task>(connection, unit.user(), TaskId{change.row_id}));
  if (!current || !change.before || !change.after) return {};
  OMNICRM_ASSIGN(const Task before, from_row_image<Task>(*change.before));
  OMNICRM_ASSIGN(const Task after, from_row_image<Task>(*change.after));
  Task restored = *current;  // a merge moves tasks and changes nothing else of them
  if (current->contact_id == after.contact_id) restored.contact_id = before.contact_id;
  const bool untouched = exact && *current == after;
  restored.version = untouched ? before.version : current->version + 1;
  restored.updated_at = untouched ? before.updated_at : unit.now();
  OMNICRM_TRY(update_row(connection, unit.user(), restored));
  return {};
}

Result<void> restore_tag(storage::Connection& connection, const Unit& unit, const RowChange& change) {
  if (change.after) {
    OMNICRM_ASSIGN(const ContactTag made, contact_tag_from_image(*change.after));
    OMNICRM_TRY(delete_contact_tag(connection, unit, made.contact_id, made.tag_id));
  }
  if (change.before) {
    OMNICRM_ASSIGN(const ContactTag taken, contact_tag_from_image(*change.before));
    OMNICRM_ASSIGN(const auto tag, find_row<Tag>(connection, unit.user(), taken.tag_id));
    OMNICRM_ASSIGN(const auto contact, load_contact(connection, unit, taken.contact_id));
    if (!tag || !contact) return {};  // removed meanwhile
    OMNICRM_TRY(insert_contact_tag(connection, unit, taken));
  }
  return {};
}

/// {"ordinal":0,"contact_id":"..."}
Result<void> restore_participant(storage::Connection& connection, const Unit& unit, const RowChange& change) {
  if (!change.before || !change.after) return {};
  const auto contact_of = [](const std::string& image) -> Result<ContactId> {
    OMNICRM_ASSIGN(const auto fields, json_object_fields(image, "image"));
    if (fields.size() != 2)
      return failure(ErrorCode::data_loss, "interaction_participants: damaged row image");
    OMNICRM_ASSIGN(const std::string id, json_to_text(fields[1].second, "contact_id"));
    return ContactId::parse(id);
  };
  OMNICRM_ASSIGN(const ContactId before, contact_of(*change.before));
  OMNICRM_ASSIGN(const ContactId after, contact_of(*change.after));
  OMNICRM_ASSIGN(const auto fields, json_object_fields(*change.before, "image"));
  const std::int64_t ordinal = std::strtoll(fields[0].second.text.c_str(), nullptr, 10);
  const InteractionId interaction{change.row_id};
  OMNICRM_TRY(storage::run(connection,
                           "UPDATE interaction_participants SET contact_id = ? WHERE user_id = ? "
                           "AND interaction_id = ? AND ordinal = ? AND contact_id = ? AND match_key = ''",
                           before, unit.user(), interaction, ordinal, after));
  return refresh_primary_contact(connection, unit, interaction);
}

}  // namespace

Contact three_way(const Contact& current, const Contact& before, const Contact& after) {
  Contact restored = without_change(before, after, current);
  restored.emails = three_way_list(IdentityKind::email, current.emails, before.emails, after.emails);
  restored.phones = three_way_list(IdentityKind::phone, current.phones, before.phones, after.phones);
  restored.handles = three_way_list(IdentityKind::handle, current.handles, before.handles, after.handles);
  restored.custom = three_way_object(current.custom, before.custom, after.custom);
  restored.provenance = three_way_object(current.provenance, before.provenance, after.provenance);
  return restored;
}

Result<void> restore_change(storage::Connection& connection, const Unit& unit, const RowChange& change,
                            bool exact) {
  if (change.table == "contacts") return restore_contact_row(connection, unit, change, exact);
  if (change.table == "organizations") return restore_organization(connection, unit, change, exact);
  if (change.table == "tasks") return restore_task(connection, unit, change, exact);
  if (change.table == "contact_tags") return restore_tag(connection, unit, change);
  if (change.table == "interaction_participants") return restore_participant(connection, unit, change);
  return failure(ErrorCode::unsupported, "changes of table " + change.table + " cannot be taken back");
}

}  // namespace omnicrm::repository
