// PostgreSQL: jsonb, tsvector, trigrams. The search functions and why they are functions: the end of
// storage/migrations/postgres/0001_initial.sql.
#include <algorithm>
#include <span>

#include "core/errors.hpp"
#include "model/json_list.hpp"
#include "repository/contact_text.hpp"
#include "repository/dialect.hpp"
#include "repository/text_vector.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

/// An array of LIKE patterns. The longest first: it is the one that the index is asked for.
std::string contact_pattern(const UserId&, const std::vector<std::string>& words) {
  std::vector<std::string> sorted = words;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  std::string array = "{";
  for (const std::string& word : sorted) {
    array += array.size() > 1 ? ",\"%" : "\"%";
    for (const char c : with_leading_gap(word)) {
      // Once for LIKE, once more for the array's quotes.
      if (c == '%' || c == '_') array += "\\\\";
      if (c == '\\') array += "\\\\\\";
      if (c == '"') array += '\\';
      array += c;
    }
    array += "%\"";
  }
  return array + "}";
}

// jsonb has no U+0000, which JSON text may name.
#define OMNICRM_CUSTOM "CAST(replace(c.custom, '\\u0000', '\\ufffd') AS jsonb)"

BoundSql custom_value(const std::string& name, CustomKind kind) {
  BoundSql sql;
  switch (kind) {
    case CustomKind::text:
      sql.add("(CASE WHEN jsonb_typeof(" OMNICRM_CUSTOM " -> ?) = 'string' THEN " OMNICRM_CUSTOM
              " ->> ? END) COLLATE \"C\"",
              name, name);
      break;
    case CustomKind::number:
      sql.add("CASE WHEN jsonb_typeof(" OMNICRM_CUSTOM " -> ?) = 'number' THEN CAST(" OMNICRM_CUSTOM
              " -> ? AS numeric) END",
              name, name);
      break;
    case CustomKind::flag:
      sql.add("CASE WHEN jsonb_typeof(" OMNICRM_CUSTOM " -> ?) = 'boolean' THEN CAST(CAST(" OMNICRM_CUSTOM
              " -> ? AS boolean) AS integer) END",
              name, name);
      break;
    case CustomKind::anything:
      sql.add("(" OMNICRM_CUSTOM " ->> ?)", name);
  }
  return sql;
}

#undef OMNICRM_CUSTOM

Result<storage::StatementPtr> prepare_put_text(storage::Connection& connection) {
  constexpr std::string_view columns[] = {"user_id", "seq", "words"};
  return connection.prepare_insert("interaction_text", columns);
}

Result<void> put_text(storage::Statement& statement, UserId user, std::int64_t seq, const IndexedText& text) {
  using Weight = TextVector::Weight;
  TextVector words(user_token(user));
  words.add(text.subject, Weight::a);
  words.add(text.people, Weight::b);
  words.add(text.body, Weight::c);
  words.add(text.files, Weight::d);
  const std::string bytes = words.bytes();
  statement.bind_blob(0, storage::as_blob(user.value));
  statement.bind_int(1, seq);
  statement.bind_blob(2, std::as_bytes(std::span(bytes)));
  OMNICRM_TRY(statement.step());
  statement.reset();
  return {};
}

Result<void> drop_text(storage::Connection& connection, UserId user, std::int64_t seq, const IndexedText&) {
  return storage::run(connection, "DELETE FROM interaction_text WHERE user_id = ? AND seq = ?", user, seq);
}

Result<void> put_words(storage::Connection& connection, UserId user, ContactId contact, const std::string&,
                       const std::string& after) {
  if (after.empty()) {
    return storage::run(connection,
                        "DELETE FROM contact_text WHERE user_id = ?1 AND seq = "
                        "(SELECT seq FROM contacts WHERE user_id = ?1 AND id = ?2)",
                        user, contact);
  }
  return storage::run(connection,
                      "INSERT INTO contact_text (user_id, seq, words) "
                      "SELECT user_id, seq, ?3 FROM contacts WHERE user_id = ?1 AND id = ?2 "
                      "ON CONFLICT (user_id, seq) DO UPDATE SET words = excluded.words",
                      user, contact, after);
}

Result<void> put_many_words(storage::Connection& connection, UserId user,
                            std::span<const std::pair<ContactId, std::string>> words) {
  const std::string ids = json_list(words, [](const auto& each) { return each.first.to_string(); });
  const std::string texts = json_list(words, [](const auto& each) { return std::string_view(each.second); });
  return storage::run(connection,
                      "INSERT INTO contact_text (user_id, seq, words) SELECT c.user_id, c.seq, w.words FROM "
                      "ROWS FROM (jsonb_array_elements_text(CAST(?2 AS jsonb)), "
                      "jsonb_array_elements_text(CAST(?3 AS jsonb))) AS w (id, words) "
                      "JOIN contacts c ON c.user_id = ?1 AND c.id = CAST(w.id AS uuid)",
                      user, ids, texts);
}

}  // namespace

const RepositoryDialect postgres_repository = {
    .ordered_join = " JOIN ",
    .link_participants =
        "UPDATE interaction_participants SET contact_id = ?1 "
        "WHERE user_id = ?2 AND match_key = ?3 AND match_key <> '' AND contact_id IS DISTINCT FROM ?1",
    .participating_keys =
        "SELECT k FROM jsonb_array_elements_text(CAST(?1 AS jsonb)) k, LATERAL (SELECT 1 FROM "
        "interaction_participants p WHERE p.user_id = ?2 AND p.match_key = k AND p.match_key <> '' LIMIT 1) "
        "t",
    .highest_place = "SELECT MAX(seq) FROM interactions WHERE seq BETWEEN ?1 AND ?2 AND user_id = ?3",
    // The bounds are made beforehand (OFFSET 0 keeps them so): a sum may fail, so it is not leakproof, and a
    // condition with it would not be asked of the index under a policy.
    .highest_places =
        "SELECT f.first, (SELECT MAX(i.seq) FROM interactions i WHERE i.user_id = ?2 AND i.seq BETWEEN "
        "f.first AND f.last) FROM (SELECT n AS first, n + 1023 AS last FROM (SELECT "
        "CAST(jsonb_array_elements_text(CAST(?1 AS jsonb)) AS bigint) AS n) v OFFSET 0) f",
    .next_raw_events = "SELECT nextval('raw_events_seq') FROM generate_series(1, ?)",
    .contact_match =
        "SELECT c.id, c.sort_name, c.emails FROM omnicrm_contact_places(CAST(? AS text[]), 2000) AS t (seq) "
        "JOIN contacts c ON c.user_id = ? AND c.seq = t.seq "
        "WHERE c.deleted_at IS NULL AND c.merged_into IS NULL ORDER BY c.seq DESC",
    .contact_pattern = contact_pattern,
    .in_texts = " = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(? AS jsonb))))",
    .custom_value = custom_value,
    .text_is_contentless = false,
    .prepare_index_text = prepare_put_text,
    .index_text = put_text,
    .unindex_text = drop_text,
    .reindex_contact = put_words,
    .index_contacts = put_many_words,
};

}  // namespace omnicrm::repository
