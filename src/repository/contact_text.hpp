// The search index of contacts: trigrams of folded text, with the user inside the index.
//
// Words stand apart by two spaces, so that the beginning of a word is a trigram even when the word asked for
// has one or two letters ("  a", " ad"). In scripts without spaces every letter begins a word.
// The index holds no text of its own (contentless): to take an entry out, the words that went in are made
// again.
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

/// The FTS5 query for all of `words` (folded, none empty) of one user.
[[nodiscard]] std::string contact_match(const UserId& user, const std::vector<std::string>& words);

/// The words of a text as searched for: folded, at most 16.
[[nodiscard]] std::vector<std::string> search_words(std::string_view text);

/// Brings the index in step. `before` and `after` are what `indexed_words` says; empty means no entry.
[[nodiscard]] Result<void> reindex_contact(storage::Connection& connection, const Unit& unit,
                                           std::int64_t seq, const std::string& before,
                                           const std::string& after);

}  // namespace omnicrm::repository
