// The full-text indexes of a copy, made of the rows that arrived, by the repository's own functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/row_block.hpp"
#include "repository/interaction_text.hpp"

namespace omnicrm::copy {

/// What goes into an index, and where.
template <class Text>
struct TextEntry {
  UserId user;
  std::int64_t seq = 0;
  Text text;
};
using InteractionTexts = std::vector<TextEntry<repository::IndexedText>>;
using ContactTexts = std::vector<TextEntry<Contact>>;

/// The next entries behind the row with the key `after` (empty: from the beginning), `limit` at the most.
[[nodiscard]] Result<InteractionTexts> read_interaction_texts(storage::Connection& connection,
                                                              const std::vector<Value>& after,
                                                              std::int64_t limit);
[[nodiscard]] Result<ContactTexts> read_contact_texts(storage::Connection& connection,
                                                      const std::vector<Value>& after, std::int64_t limit);

/// About how much memory they take.
[[nodiscard]] std::size_t bytes_of(const InteractionTexts& texts);
[[nodiscard]] std::size_t bytes_of(const ContactTexts& texts);

[[nodiscard]] Result<void> write_texts(storage::Connection& connection, const InteractionTexts& texts);
[[nodiscard]] Result<void> write_texts(storage::Connection& connection, const ContactTexts& texts);

/// The key of an entry's row, in the order of the dialect's `Key`.
[[nodiscard]] std::vector<Value> key_of(storage::Dialect dialect, UserId user, std::int64_t seq);

}  // namespace omnicrm::copy
