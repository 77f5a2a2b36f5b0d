#include "repository/sql_tags.hpp"

#include <algorithm>

#include "repository/audit_log.hpp"
#include "repository/contact_rows.hpp"
#include "repository/contact_tag_rows.hpp"
#include "repository/contact_validation.hpp"
#include "repository/cursor.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view list_name = "tags.list";
constexpr std::string_view by_name_sql = select_sql<Tag, "WHERE user_id = ? AND sort_name = ?">();
constexpr std::string_view list_sql =
    select_sql<Tag, "WHERE user_id = ? AND (sort_name, id) > (?, ?) ORDER BY sort_name, id LIMIT ?">();
constexpr std::string_view of_contact_sql = select_sql<
    Tag,
    "WHERE user_id = ?1 AND id IN (SELECT tag_id FROM contact_tags WHERE user_id = ?1 AND contact_id = ?2) "
    "ORDER BY sort_name, id">();
constexpr std::size_t most_contacts = 10'000;

Result<Tag> find_tag(storage::Connection& connection, const Unit& unit, TagId id) {
  OMNICRM_ASSIGN(auto tag, find_row<Tag>(connection, unit.user(), id));
  if (!tag) return not_found("tag", id.to_string());
  return std::move(*tag);
}

Result<std::optional<Tag>> tag_of_name(storage::Connection& connection, const Unit& unit,
                                       std::string_view name) {
  OMNICRM_ASSIGN(auto tags, list_rows<Tag>(connection, by_name_sql, unit.user(), sort_name(name)));
  if (tags.empty()) return std::optional<Tag>{};
  return std::optional<Tag>(std::move(tags.front()));
}

bool is_color(std::string_view color) {
  const auto hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return color.empty() ||
         (color.size() == 7 && color[0] == '#' && std::all_of(color.begin() + 1, color.end(), hex));
}

/// Normalizes name and color. Errors: `invalid_argument`, `already_exists` (another tag of that name).
Result<void> check_tag(storage::Connection& connection, const Unit& unit, Tag& tag) {
  OMNICRM_ASSIGN(tag.name, checked_text(tag.name, "name", 200));
  if (sort_name(tag.name).empty()) return invalid("name", "is empty");
  if (!is_color(tag.color)) return invalid("color", "must be #rrggbb or empty");
  OMNICRM_ASSIGN(const auto other, tag_of_name(connection, unit, tag.name));
  if (other && other->id != tag.id) {
    return failure(ErrorCode::already_exists, "name: there is a tag \"" + other->name + "\" already");
  }
  return {};
}

Result<Tag> create_tag(storage::Connection& connection, const Unit& unit, std::string_view name,
                       std::string_view color) {
  Tag tag;
  tag.name = name;
  tag.color = color;
  OMNICRM_TRY(check_tag(connection, unit, tag));
  tag.id = unit.make_id<TagId>();
  tag.batch_id = unit.batch();
  tag.created_at = unit.now();
  OMNICRM_TRY(insert_row(connection, unit.user(), tag, sort_name(tag.name)));
  OMNICRM_TRY(audit_change(connection, unit, "tags.create", "tag", tag.id.to_string()));
  return tag;
}

Result<void> check_contacts(const std::vector<ContactId>& contacts) {
  if (contacts.size() > most_contacts) return invalid("contacts", "at most 10,000 at once");
  return {};
}

}  // namespace

Result<TagId> find_or_create_tag(storage::Connection& connection, const Unit& unit, std::string_view name) {
  OMNICRM_ASSIGN(const auto found, tag_of_name(connection, unit, name));
  if (found) return found->id;
  return create_tag(connection, unit, name, "").map([](const Tag& tag) { return tag.id; });
}

Result<Tag> SqlTags::create(std::string_view name, std::string_view color) {
  return unit_.write(
      [&](storage::Connection& connection) { return create_tag(connection, unit_, name, color); });
}

Result<Tag> SqlTags::get(TagId id) {
  return unit_.read([&](storage::Connection& connection) { return find_tag(connection, unit_, id); });
}

Result<Tag> SqlTags::update(const Tag& changed) {
  return unit_.write([&](storage::Connection& connection) -> Result<Tag> {
    OMNICRM_ASSIGN(Tag tag, find_tag(connection, unit_, changed.id));
    tag.name = changed.name;
    tag.color = changed.color;
    OMNICRM_TRY(check_tag(connection, unit_, tag));
    OMNICRM_TRY(update_row(connection, unit_.user(), tag, sort_name(tag.name)));
    OMNICRM_TRY(audit_change(connection, unit_, "tags.update", "tag", tag.id.to_string()));
    return tag;
  });
}

Result<void> SqlTags::remove(TagId id) {
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(find_tag(connection, unit_, id));
    OMNICRM_TRY(storage::run(connection, "DELETE FROM contact_tags WHERE user_id = ? AND tag_id = ?",
                             unit_.user(), id));
    OMNICRM_TRY(delete_row<Tag>(connection, unit_.user(), id));
    return audit_change(connection, unit_, "tags.delete", "tag", id.to_string());
  });
}

Result<Page<Tag>> SqlTags::list(const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  std::string name;
  TagId last;
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(auto keys, read_cursor<std::string, TagId>(list_name, page.cursor));
    std::tie(name, last) = keys;
  }
  return unit_.read([&](storage::Connection& connection) -> Result<Page<Tag>> {
    Page<Tag> answer;
    OMNICRM_ASSIGN(answer.items,
                   list_rows<Tag>(connection, list_sql, unit_.user(), name, last, page.limit + 1));
    if (std::ssize(answer.items) > page.limit) {
      answer.items.pop_back();
      answer.next = make_cursor(list_name, sort_name(answer.items.back().name), answer.items.back().id);
    }
    return answer;
  });
}

Result<void> SqlTags::assign(TagId tag, const std::vector<ContactId>& contacts) {
  OMNICRM_TRY(check_contacts(contacts));
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(find_tag(connection, unit_, tag));
    std::int64_t made = 0;
    for (const ContactId contact : contacts) {
      OMNICRM_TRY(live_contact(connection, unit_, contact));
      OMNICRM_ASSIGN(const bool inserted,
                     insert_contact_tag(connection, unit_, {contact, tag, unit_.batch(), unit_.now()}));
      made += inserted;
    }
    if (made == 0) return {};
    return audit_change(connection, unit_, "tags.assign", "tag", tag.to_string(),
                        "{\"contacts\":" + std::to_string(made) + '}');
  });
}

Result<void> SqlTags::unassign(TagId tag, const std::vector<ContactId>& contacts) {
  OMNICRM_TRY(check_contacts(contacts));
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(find_tag(connection, unit_, tag));
    std::int64_t gone = 0;
    for (const ContactId contact : contacts) {
      OMNICRM_TRY(live_contact(connection, unit_, contact));
      OMNICRM_ASSIGN(const bool deleted, delete_contact_tag(connection, unit_, contact, tag));
      gone += deleted;
    }
    if (gone == 0) return {};
    return audit_change(connection, unit_, "tags.unassign", "tag", tag.to_string(),
                        "{\"contacts\":" + std::to_string(gone) + '}');
  });
}

Result<std::vector<Tag>> SqlTags::of_contact(ContactId contact) {
  return unit_.read([&](storage::Connection& connection) -> Result<std::vector<Tag>> {
    OMNICRM_TRY(live_contact(connection, unit_, contact));
    return list_rows<Tag>(connection, of_contact_sql, unit_.user(), contact);
  });
}

}  // namespace omnicrm::repository
