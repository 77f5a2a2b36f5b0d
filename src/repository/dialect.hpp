// What differs between SQLite and PostgreSQL in the repositories: whole statements, fragments for BoundSql,
// and the two search indexes. All else in this room is one text for both.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/bound_sql.hpp"
#include "repository/interaction_text.hpp"

namespace omnicrm::repository {

/// The kinds of values that a custom field is asked for.
enum class CustomKind { anything, text, number, flag };

struct RepositoryDialect {
  /// A join that keeps its order where the planner would need statistics for it.
  std::string_view ordered_join;
  /// Gives the participants with one address a contact. ?1 contact, ?2 user, ?3 match key.
  std::string_view link_participants;
  /// Which of many addresses take part in something. ?1 a JSON array of match keys, ?2 user.
  std::string_view participating_keys;
  /// The highest place taken between two. Parameters: first, last, user.
  std::string_view highest_place;
  /// The same for many minutes at once: rows of (first place, highest taken or null). Parameters: a JSON
  /// array of first places, user.
  std::string_view highest_places;
  /// Numbers for new raw events, one a row; behind the last row they go on by one. Parameter: how many.
  std::string_view next_raw_events;
  /// A contact's candidates: id, sort_name, emails. Parameters: what `contact_pattern` says, user.
  std::string_view contact_match;
  /// What `contact_match` is asked for: all of `words` (folded, none empty).
  std::string (*contact_pattern)(const UserId& user, const std::vector<std::string>& words);
  /// A condition's right side for a column and a JSON array of texts: "column" + in_texts + one parameter.
  std::string_view in_texts;

  /// The value of a contact's custom field, `c` being the contact; null when it is of another kind.
  BoundSql (*custom_value)(const std::string& name, CustomKind kind);

  /// Whether an entry is taken out by making the text again that went in.
  bool text_is_contentless;
  Result<storage::StatementPtr> (*prepare_index_text)(storage::Connection& connection);
  /// Binds and runs what `prepare_index_text` gave.
  Result<void> (*index_text)(storage::Statement& statement, UserId user, std::int64_t seq,
                             const IndexedText& text);
  Result<void> (*unindex_text)(storage::Connection& connection, UserId user, std::int64_t seq,
                               const IndexedText& text);
  /// Puts a contact's words in the place of those that are there. Empty: none. The contact's row is there.
  Result<void> (*reindex_contact)(storage::Connection& connection, UserId user, ContactId contact,
                                  const std::string& before, const std::string& after);
  /// Puts in the words, not empty, of contacts that have none yet.
  Result<void> (*index_contacts)(storage::Connection& connection, UserId user,
                                 std::span<const std::pair<ContactId, std::string>> words);
};

extern const RepositoryDialect sqlite_repository;
extern const RepositoryDialect postgres_repository;

[[nodiscard]] inline const RepositoryDialect& dialect_of(storage::Dialect dialect) {
  return dialect == storage::Dialect::sqlite ? sqlite_repository : postgres_repository;
}
[[nodiscard]] inline const RepositoryDialect& dialect_of(const storage::Connection& connection) {
  return dialect_of(connection.dialect());
}

}  // namespace omnicrm::repository
