#include "repository/interaction_text.hpp"

#include "core/errors.hpp"
#include "storage/query.hpp"

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
  OMNICRM_TRY(storage::execute(connection,
                               "INSERT INTO interaction_text (rowid, u, subject, people, body, files) "
                               "VALUES (?, ?, ?, ?, ?, ?)",
                               seq, user_token(user), text.subject, text.people, text.body, text.files));
  return {};
}

Result<void> unindex_text(storage::Connection& connection, UserId user, std::int64_t seq,
                          const IndexedText& text) {
  OMNICRM_TRY(
      storage::execute(connection,
                       "INSERT INTO interaction_text (interaction_text, rowid, u, subject, people, body, "
                       "files) VALUES ('delete', ?, ?, ?, ?, ?, ?)",
                       seq, user_token(user), text.subject, text.people, text.body, text.files));
  return {};
}

}  // namespace omnicrm::repository
