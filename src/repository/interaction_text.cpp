#include "repository/interaction_text.hpp"

#include "core/errors.hpp"
#include "repository/dialect.hpp"

namespace omnicrm::repository {
namespace {

void append_line(std::string& to, std::string_view line) {
  if (line.empty()) return;
  if (!to.empty()) to += '\n';
  to += line;
}

}  // namespace

IndexedText indexed_text(const Interaction& interaction, std::span<const Document> documents) {
  IndexedText text;
  text.subject = interaction.subject;
  append_line(text.subject, interaction.location);
  for (const Participant& person : interaction.participants) {
    append_line(text.people, person.name);
    append_line(text.people, person.address);
  }
  text.body = interaction.body;
  append_line(text.body, interaction.quoted);
  append_line(text.body, interaction.signature);
  for (const Document& document : documents) {
    append_line(text.files, document.filename);
    append_line(text.files, document.text);
  }
  return text;
}

std::string user_token(UserId user) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string token = "u";
  for (std::uint8_t byte : user.value.bytes) {
    token += digits[byte >> 4];
    token += digits[byte & 15];
  }
  return token;
}

Result<void> index_text(storage::Connection& connection, UserId user, std::int64_t seq,
                        const IndexedText& text) {
  const RepositoryDialect& dialect = dialect_of(connection);
  OMNICRM_ASSIGN(const storage::StatementPtr statement, dialect.prepare_index_text(connection));
  return dialect.index_text(*statement, user, seq, text);
}

Result<void> unindex_text(storage::Connection& connection, UserId user, std::int64_t seq,
                          const IndexedText& text) {
  return dialect_of(connection).unindex_text(connection, user, seq, text);
}

bool needs_text_to_unindex(const storage::Connection& connection) {
  return dialect_of(connection).text_is_contentless;
}

}  // namespace omnicrm::repository
