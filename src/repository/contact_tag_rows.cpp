#include "repository/contact_tag_rows.hpp"

#include "model/json.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {

std::string contact_tag_image(const ContactTag& row) {
  std::string image = "{\"contact_id\":\"" + row.contact_id.to_string() + "\",\"tag_id\":\"" +
                      row.tag_id.to_string() + "\",\"created_at\":\"" + to_string(row.created_at) + '"';
  if (row.batch_id) image += ",\"batch_id\":\"" + row.batch_id->to_string() + '"';
  return image + '}';
}

Result<ContactTag> contact_tag_from_image(std::string_view image) {
  ContactTag row;
  OMNICRM_ASSIGN(const auto fields, json_object_fields(image, "image"));
  for (const auto& [name, value] : fields) {
    OMNICRM_ASSIGN(const std::string text, json_to_text(value, name));
    if (name == "contact_id") {
      OMNICRM_ASSIGN(row.contact_id, ContactId::parse(text));
    } else if (name == "tag_id") {
      OMNICRM_ASSIGN(row.tag_id, TagId::parse(text));
    } else if (name == "created_at") {
      OMNICRM_ASSIGN(row.created_at, parse_timestamp(text));
    } else if (name == "batch_id") {
      OMNICRM_ASSIGN(row.batch_id, BatchId::parse(text));
    }
  }
  return row;
}

Result<std::vector<ContactTag>> tags_of(storage::Connection& connection, const Unit& unit,
                                        ContactId contact) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection,
                                                "SELECT tag_id, batch_id, created_at FROM contact_tags "
                                                "WHERE user_id = ? AND contact_id = ? ORDER BY tag_id",
                                                unit.user(), contact));
  std::vector<ContactTag> tags;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return tags;
    tags.push_back(
        {contact, rows.get<TagId>(0), rows.get<std::optional<BatchId>>(1), rows.get<Timestamp>(2)});
  }
}

Result<bool> insert_contact_tag(storage::Connection& connection, const Unit& unit, const ContactTag& row) {
  OMNICRM_ASSIGN(
      const std::int64_t made,
      storage::execute(connection,
                       "INSERT INTO contact_tags (user_id, contact_id, tag_id, batch_id, created_at) "
                       "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                       unit.user(), row.contact_id, row.tag_id, row.batch_id, row.created_at));
  return made > 0;
}

Result<bool> delete_contact_tag(storage::Connection& connection, const Unit& unit, ContactId contact,
                                TagId tag) {
  OMNICRM_ASSIGN(
      const std::int64_t gone,
      storage::execute(connection,
                       "DELETE FROM contact_tags WHERE user_id = ? AND contact_id = ? AND tag_id = ?",
                       unit.user(), contact, tag));
  return gone > 0;
}

}  // namespace omnicrm::repository
