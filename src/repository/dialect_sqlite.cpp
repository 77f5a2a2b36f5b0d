// SQLite: json_extract, FTS5 (docs/adr/0004), and hints, as it plans without statistics.
#include "core/errors.hpp"
#include "repository/contact_text.hpp"
#include "repository/dialect.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

/// The FTS5 query for all of `words` of one user.
std::string contact_pattern(const UserId& user, const std::vector<std::string>& words) {
  std::string match = "u : \"" + contact_token(user) + '"';
  for (const std::string& word : words) {
    match += " AND words : \"";
    for (const char c : with_leading_gap(word)) {
      if (c == '"') match += '"';
      match += c;
    }
    match += '"';
  }
  return match;
}

BoundSql custom_value(const std::string& name, CustomKind kind) {
  // The path stands in quotes: a name holds neither quotes nor backslashes.
  const std::string path = "$.\"" + name + '"';
  BoundSql sql;
  switch (kind) {
    case CustomKind::text:
      sql.add("CASE WHEN json_type(c.custom, ?) = 'text' THEN json_extract(c.custom, ?) END", path, path);
      break;
    case CustomKind::number:
      sql.add("CASE WHEN json_type(c.custom, ?) IN ('integer', 'real') THEN json_extract(c.custom, ?) END",
              path, path);
      break;
    case CustomKind::flag:
      sql.add("CASE WHEN json_type(c.custom, ?) IN ('true', 'false') THEN json_extract(c.custom, ?) END",
              path, path);
      break;
    case CustomKind::anything:
      sql.add("json_extract(c.custom, ?)", path);
  }
  return sql;
}

Result<storage::StatementPtr> prepare_put_text(storage::Connection& connection) {
  return connection.prepare(
      "INSERT INTO interaction_text (rowid, u, subject, people, body, files) VALUES (?, ?, ?, ?, ?, ?)");
}

Result<void> put_text(storage::Statement& statement, UserId user, std::int64_t seq, const IndexedText& text) {
  const std::string token = user_token(user);
  statement.bind_int(0, seq);
  statement.bind_text(1, token);
  statement.bind_text(2, text.subject);
  statement.bind_text(3, text.people);
  statement.bind_text(4, text.body);
  statement.bind_text(5, text.files);
  OMNICRM_TRY(statement.step());
  statement.reset();
  return {};
}

Result<void> drop_text(storage::Connection& connection, UserId user, std::int64_t seq,
                       const IndexedText& text) {
  return storage::run(connection,
                      "INSERT INTO interaction_text (interaction_text, rowid, u, subject, people, body, "
                      "files) VALUES ('delete', ?, ?, ?, ?, ?, ?)",
                      seq, user_token(user), text.subject, text.people, text.body, text.files);
}

Result<void> put_words(storage::Connection& connection, UserId user, ContactId contact,
                       const std::string& before, const std::string& after) {
  const std::string token = contact_token(user);
  if (!before.empty()) {
    OMNICRM_TRY(storage::run(connection,
                             "INSERT INTO contact_text (contact_text, rowid, u, words) "
                             "SELECT 'delete', seq, ?, ? FROM contacts WHERE user_id = ? AND id = ?",
                             token, before, user, contact));
  }
  if (!after.empty()) {
    OMNICRM_TRY(storage::run(connection,
                             "INSERT INTO contact_text (rowid, u, words) "
                             "SELECT seq, ?, ? FROM contacts WHERE user_id = ? AND id = ?",
                             token, after, user, contact));
  }
  return {};
}

Result<void> put_many_words(storage::Connection& connection, UserId user,
                            std::span<const std::pair<ContactId, std::string>> words) {
  for (const auto& [contact, each] : words) OMNICRM_TRY(put_words(connection, user, contact, {}, each));
  return {};
}

}  // namespace

const RepositoryDialect sqlite_repository = {
    .ordered_join = " CROSS JOIN ",
    // The index is named, because without statistics the user's whole key range is taken for as small as one
    // address's rows.
    .link_participants =
        "UPDATE interaction_participants INDEXED BY interaction_participants_address SET contact_id = ?1 "
        "WHERE user_id = ?2 AND match_key = ?3 AND match_key <> '' AND contact_id IS NOT ?1",
    .participating_keys =
        "SELECT k.value FROM json_each(?1) k WHERE EXISTS (SELECT 1 FROM interaction_participants "
        "INDEXED BY interaction_participants_address WHERE user_id = ?2 AND match_key = k.value AND "
        "match_key "
        "<> '')",
    // The place is the rowid: unique among all users.
    .highest_place = "SELECT MAX(seq) FROM interactions WHERE seq BETWEEN ?1 AND ?2 AND ?3 IS NOT NULL",
    .highest_places =
        "SELECT f.value, (SELECT MAX(i.seq) FROM interactions i WHERE i.seq BETWEEN f.value AND f.value + "
        "1023) FROM json_each(?1) f WHERE ?2 IS NOT NULL",
    .next_raw_events = "SELECT COALESCE(MAX(seq), 0) + 1 FROM raw_events WHERE ?1 > 0",
    // The index finds rows of one user (or of another with the same token: hence user_id again), newest
    // first.
    .contact_match =
        "SELECT c.id, c.sort_name, c.emails FROM contact_text t JOIN contacts c ON c.seq = t.rowid "
        "WHERE t.contact_text MATCH ? AND c.user_id = ? AND c.deleted_at IS NULL AND c.merged_into IS NULL "
        "ORDER BY t.rowid DESC LIMIT 2000",
    .contact_pattern = contact_pattern,
    .in_texts = " IN (SELECT value FROM json_each(?))",
    .custom_value = custom_value,
    .text_is_contentless = true,
    .prepare_index_text = prepare_put_text,
    .index_text = put_text,
    .unindex_text = drop_text,
    .reindex_contact = put_words,
    .index_contacts = put_many_words,
};

}  // namespace omnicrm::repository
