// PostgreSQL: jsonb, tsvector, trigrams. The search functions and why they are functions: the end of
// storage/migrations/postgres/0001_initial.sql.
#include <algorithm>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "repository/contact_text.hpp"
#include "repository/dialect.hpp"
#include "repository/text_words.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

// Of a tsvector (https://www.postgresql.org/docs/15/textsearch-limitations.html): a lexeme has under 2 KiB, a
// position is at most 16,383 (more are cut to it), all of it is under 1 MiB.
constexpr int highest_position = 16'383;
constexpr std::size_t largest_vector = 900'000;

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

/// Adds 'word':position and weight for each word.
void add_lexemes(std::string& vector, std::string_view text, char weight, int& position) {
  for_each_text_word(text::fold(text), [&](std::string_view word) {
    if (vector.size() > largest_vector) return;
    vector += " '";
    vector += word;
    vector += "':";
    vector += std::to_string(std::min(position++, highest_position));
    vector += weight;
  });
  ++position;  // no phrase across columns
}

std::string lexemes_of(UserId user, const IndexedText& text) {
  std::string vector = "'" + user_token(user) + "'";
  vector.reserve(2 * (text.subject.size() + text.people.size() + text.body.size() + text.files.size()) + 64);
  int position = 1;
  add_lexemes(vector, text.subject, 'A', position);
  add_lexemes(vector, text.people, 'B', position);
  add_lexemes(vector, text.body, 'C', position);
  add_lexemes(vector, text.files, 'D', position);
  return vector;
}

Result<storage::StatementPtr> prepare_put_text(storage::Connection& connection) {
  constexpr std::string_view columns[] = {"user_id", "seq", "words"};
  return connection.prepare_insert("interaction_text", columns);
}

Result<void> put_text(storage::Statement& statement, UserId user, std::int64_t seq, const IndexedText& text) {
  const std::string words = lexemes_of(user, text);
  statement.bind_blob(0, storage::as_blob(user.value));
  statement.bind_int(1, seq);
  statement.bind_text(2, words);
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

}  // namespace

const RepositoryDialect postgres_repository = {
    .ordered_join = " JOIN ",
    .link_participants =
        "UPDATE interaction_participants SET contact_id = ?1 "
        "WHERE user_id = ?2 AND match_key = ?3 AND match_key <> '' AND contact_id IS DISTINCT FROM ?1",
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
};

}  // namespace omnicrm::repository
