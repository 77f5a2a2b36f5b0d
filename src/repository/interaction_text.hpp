// The full-text index of the timeline. On SQLite it is contentless: to take an entry out, the text that went
// in is made again. How it is written: dialect_sqlite.cpp, dialect_postgres.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/interaction.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::repository {

/// The texts of one entry, column by column.
struct IndexedText {
  std::string subject;
  std::string people;
  std::string body;
  std::string files;
};

/// What is indexed of an interaction: a pure function of the records, so that it can be made again for
/// removal. Documents count in the order of their `part`.
[[nodiscard]] IndexedText indexed_text(const Interaction& interaction, std::span<const Document> documents);

/// The one token that stands for a user inside the index.
[[nodiscard]] std::string user_token(UserId user);

[[nodiscard]] Result<void> index_text(storage::Connection& connection, UserId user, std::int64_t seq,
                                      const IndexedText& text);
/// `text` is what went in; see `needs_text_to_unindex`.
[[nodiscard]] Result<void> unindex_text(storage::Connection& connection, UserId user, std::int64_t seq,
                                        const IndexedText& text);
/// Whether `unindex_text` looks at the text.
[[nodiscard]] bool needs_text_to_unindex(const storage::Connection& connection);

}  // namespace omnicrm::repository
