#include "copy/text_stage.hpp"

#include <array>
#include <string>
#include <utility>

#include "copy/pages.hpp"
#include "core/errors.hpp"
#include "repository/contact_text.hpp"
#include "repository/dialect.hpp"
#include "repository/row.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

using storage::Query;

/// What a page's bodies may hold together: it ends early behind the one that passes this.
constexpr std::size_t most_page_bytes = std::size_t{64} << 20;

constexpr auto by_rowid = std::to_array<std::string_view>({"seq"});
constexpr auto by_place = std::to_array<std::string_view>({"user_id", "seq"});

Key key_for(storage::Dialect dialect) {
  return dialect == storage::Dialect::sqlite ? Key(by_rowid) : Key(by_place);
}

/// An interaction with what belongs to it.
struct Whole {
  UserId user;
  std::int64_t seq = 0;
  Interaction interaction;
  std::vector<Document> documents;
};

Query adopt(storage::StatementPtr statement, const std::vector<Value>& lower, std::int64_t limit) {
  int parameter = 0;
  for (const Value& value : lower) bind(*statement, parameter++, value);
  storage::bind_value(*statement, parameter, limit);
  return Query::adopt(std::move(statement));
}

/// "SELECT user_id, seq, <columns of T> FROM <table of T> i" and the page.
template <class T>
Result<Query> page_of(storage::Connection& connection, const std::vector<Value>& after, std::int64_t limit) {
  const Key key = key_for(connection.dialect());
  std::string sql = "SELECT i.user_id, i.seq, " + std::string(repository::column_list<T, "i.">()) + " FROM " +
                    std::string(repository::Table<T>::name) + " i";
  if (!after.empty()) sql += beyond_sql(key, "i.");
  sql += order_sql(key, "i.") + " LIMIT ?";
  OMNICRM_ASSIGN(storage::StatementPtr statement, connection.prepare(sql));
  return adopt(std::move(statement), after, limit);
}

/// Rows of the page's interactions from another table, in the interactions' order. `columns` begin with
/// i.user_id, i.seq.
Result<Query> rows_of_page(storage::Connection& connection, const std::vector<Value>& after,
                           std::int64_t limit, const std::string& columns, const std::string& table,
                           const std::string& order) {
  const Key key = key_for(connection.dialect());
  std::string page = "SELECT i.user_id, i.seq, i.id FROM interactions i";
  if (!after.empty()) page += beyond_sql(key, "i.");
  page += order_sql(key, "i.") + " LIMIT ?";
  const std::string sql = "SELECT i.user_id, i.seq, " + columns + " FROM (" + page + ") AS i JOIN " + table +
                          " x ON x.user_id = i.user_id AND x.interaction_id = i.id" + order_sql(key, "i.") +
                          ", " + order;
  OMNICRM_ASSIGN(storage::StatementPtr statement, connection.prepare(sql));
  return adopt(std::move(statement), after, limit);
}

/// Calls `add(whole, row)` for each row, with the interaction that it belongs to.
template <class Add>
Result<void> hand_out(Query rows, std::vector<Whole>& page, Add&& add) {
  auto at = page.begin();
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return {};
    const auto user = rows.get<UserId>(0);
    const auto seq = rows.get<std::int64_t>(1);
    while (at != page.end() && (at->seq != seq || at->user != user)) ++at;
    if (at == page.end()) return failure(ErrorCode::internal, "rows of a page came out of order");
    OMNICRM_TRY(add(*at, rows.statement()));
  }
}

Result<std::vector<Whole>> read_page(storage::Connection& connection, const std::vector<Value>& after,
                                     std::int64_t limit) {
  std::vector<Whole> page;
  {
    OMNICRM_ASSIGN(Query rows, page_of<Interaction>(connection, after, limit));
    rows.statement().stream();
    for (std::size_t bytes = 0; bytes < most_page_bytes;) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      OMNICRM_ASSIGN(Interaction interaction, repository::read_row<Interaction>(rows.statement(), 2));
      bytes += interaction.body.size() + interaction.quoted.size() + interaction.signature.size();
      page.push_back({rows.get<UserId>(0), rows.get<std::int64_t>(1), std::move(interaction), {}});
    }
  }
  limit = std::ssize(page);
  OMNICRM_ASSIGN(Query people, rows_of_page(connection, after, limit,
                                            std::string(repository::column_list<Participant, "x.">()),
                                            "interaction_participants", "x.ordinal"));
  OMNICRM_TRY(
      hand_out(std::move(people), page, [](Whole& whole, const storage::Statement& row) -> Result<void> {
        OMNICRM_ASSIGN(Participant person, repository::read_row<Participant>(row, 2));
        whole.interaction.participants.push_back(std::move(person));
        return {};
      }));
  OMNICRM_ASSIGN(Query files, rows_of_page(connection, after, limit,
                                           std::string(repository::column_list<Document, "x.">()),
                                           "documents", "x.part, x.seq"));
  OMNICRM_TRY(
      hand_out(std::move(files), page, [](Whole& whole, const storage::Statement& row) -> Result<void> {
        OMNICRM_ASSIGN(Document document, repository::read_row<Document>(row, 2));
        whole.documents.push_back(std::move(document));
        return {};
      }));
  return page;
}

}  // namespace

Result<InteractionTexts> read_interaction_texts(storage::Connection& connection,
                                                const std::vector<Value>& after, std::int64_t limit) {
  OMNICRM_ASSIGN(const std::vector<Whole> page, read_page(connection, after, limit));
  InteractionTexts texts;
  texts.reserve(page.size());
  for (const Whole& whole : page)
    texts.push_back({whole.user, whole.seq, repository::indexed_text(whole.interaction, whole.documents)});
  return texts;
}

Result<ContactTexts> read_contact_texts(storage::Connection& connection, const std::vector<Value>& after,
                                        std::int64_t limit) {
  OMNICRM_ASSIGN(Query rows, page_of<Contact>(connection, after, limit));
  ContactTexts texts;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return texts;
    OMNICRM_ASSIGN(Contact contact, repository::read_row<Contact>(rows.statement(), 2));
    texts.push_back({rows.get<UserId>(0), rows.get<std::int64_t>(1), std::move(contact)});
  }
}

std::size_t bytes_of(const InteractionTexts& texts) {
  std::size_t bytes = 0;
  for (const auto& entry : texts)
    bytes += entry.text.subject.size() + entry.text.people.size() + entry.text.body.size() +
             entry.text.files.size();
  return bytes;
}

std::size_t bytes_of(const ContactTexts& texts) {
  std::size_t bytes = 0;
  for (const auto& entry : texts) bytes += entry.text.note.size() + entry.text.custom.text.size();
  return bytes;
}

Result<void> write_texts(storage::Connection& connection, const InteractionTexts& texts) {
  const repository::RepositoryDialect& dialect = repository::dialect_of(connection);
  OMNICRM_ASSIGN(const storage::StatementPtr statement, dialect.prepare_index_text(connection));
  for (const auto& entry : texts)
    OMNICRM_TRY(dialect.index_text(*statement, entry.user, entry.seq, entry.text));
  return {};
}

Result<void> write_texts(storage::Connection& connection, const ContactTexts& texts) {
  const repository::RepositoryDialect& dialect = repository::dialect_of(connection);
  for (const auto& entry : texts) {
    const std::string words = repository::indexed_words(entry.text);
    if (words.empty()) continue;
    OMNICRM_TRY(dialect.reindex_contact(connection, entry.user, entry.text.id, {}, words));
  }
  return {};
}

std::vector<Value> key_of(storage::Dialect dialect, UserId user, std::int64_t seq) {
  std::vector<Value> key;
  if (dialect == storage::Dialect::postgres) {
    const auto& bytes = user.value.bytes;
    key.push_back({.kind = Kind::blob,
                   .bytes = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
  }
  key.push_back({.kind = Kind::integer, .number = seq, .bytes = {}});
  return key;
}

}  // namespace omnicrm::copy
