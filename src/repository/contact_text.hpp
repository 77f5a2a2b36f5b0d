// The search index of contacts: trigrams of folded text, with the user inside the index.
//
// Words stand apart by two spaces, so that the beginning of a word is a trigram even when the word asked for
// has one or two letters ("  a", " ad"). In scripts without spaces every letter begins a word.
// On SQLite the index holds no text of its own (contentless): to take an entry out, the words that went in
// are made again. How it is asked and written: dialect_sqlite.cpp, dialect_postgres.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/storage/storage.hpp>

#include "repository/unit.hpp"

namespace omnicrm::repository {

/// What is indexed of a contact; empty for one that is not live. A pure function of the record.
[[nodiscard]] std::string indexed_words(const Contact& contact);

/// Three letters that stand for a user: 45 bits of SHA-256 over the id, as CJK Extension B letters
/// (U+20000 to U+27FFF). Two users may share them: a row found is checked for its user again.
[[nodiscard]] std::string contact_token(const UserId& user);

/// A word as it is looked up: one of less than three letters takes the gap before it along.
[[nodiscard]] std::string with_leading_gap(std::string_view word);

/// The words of a text as searched for: folded, at most 16.
[[nodiscard]] std::vector<std::string> search_words(std::string_view text);

/// Brings the index in step. `before` and `after` are what `indexed_words` says; empty means no entry. The
/// contact's row is there.
[[nodiscard]] Result<void> reindex_contact(storage::Connection& connection, const Unit& unit,
                                           ContactId contact, const std::string& before,
                                           const std::string& after);

}  // namespace omnicrm::repository
