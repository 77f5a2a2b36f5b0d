// Records as rows: every record of every table comes back from an in-memory database as it was.
#include <boost/test/unit_test.hpp>

#include <omnicrm/storage/sqlite.hpp>

#include "model/json_generate.hpp"
#include "parts/random_record.hpp"
#include "repository/row.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

struct Database {
  Database() {
    auto opened = storage::sqlite({.path = ":memory:"});
    if (!opened) BOOST_FAIL(opened.error().message);
    storage = std::move(*opened);
    if (auto migrated = storage->migrate(); !migrated) BOOST_FAIL(migrated.error().message);
  }

  template <class Work>
  Result<void> write(Work work) {
    return storage->write({},
                          [&](storage::Connection& connection) -> Result<void> { return work(connection); });
  }

  std::unique_ptr<storage::Storage> storage;
};

template <class T>
void require(const Result<T>& result) {
  if (!result) BOOST_FAIL(result.error().message);
}

/// Inserts with made-up values for the columns that stand beside the members.
template <class T>
Result<void> insert(storage::Connection& connection, UserId user, const T& record, std::int64_t number) {
  const std::string name = "name " + std::to_string(number);
  if constexpr (std::is_same_v<T, Contact> || std::is_same_v<T, Organization> || std::is_same_v<T, Tag>) {
    return insert_row(connection, user, record, name);
  } else if constexpr (std::is_same_v<T, Interaction>) {
    return insert_row(connection, user, record, number);
  } else if constexpr (std::is_same_v<T, Participant>) {
    return insert_row(connection, user, record, InteractionId{}, number, name, Timestamp{});
  } else {
    return insert_row(connection, user, record);
  }
}

template <class T>
Result<bool> update(storage::Connection& connection, UserId user, const T& record, std::int64_t number) {
  if constexpr (Table<T>::derived.size() == 1) {
    return update_row(connection, user, record, "new name " + std::to_string(number));
  } else {
    return update_row(connection, user, record);
  }
}

template <class T>
Result<std::optional<T>> find(storage::Connection& connection, UserId user, const T& record) {
  if constexpr (std::is_same_v<T, SyncCursor>) {
    return find_row<T>(connection, user, record.connection_id, record.service, record.scope);
  } else if constexpr (std::is_same_v<T, AuditEntry>) {
    return find_row<T>(connection, user, record.sequence);
  } else {
    return find_row<T>(connection, user, record.id);
  }
}

/// A random record that differs from the others in what the table wants unique.
template <class T>
T make_unique(testing::RandomRecords& random, int number) {
  T record = random.make<T>();
  const std::string suffix = std::to_string(number);
  if constexpr (std::is_same_v<T, Segment>) record.name += suffix;
  if constexpr (std::is_same_v<T, Suppression>) record.value += suffix;
  if constexpr (std::is_same_v<T, Organization>) record.domain += suffix;
  if constexpr (std::is_same_v<T, AuditEntry>) record.sequence = number;
  return record;
}

/// What stands in the table: without the members that live elsewhere.
template <class T>
T stored(T record) {
  if constexpr (std::is_same_v<T, Interaction>) record.participants.clear();
  return record;
}

template <class T>
void check_rows(Database& database, std::uint64_t seed) {
  testing::RandomRecords random(seed);
  const auto user = random.make<UserId>();
  const auto stranger = random.make<UserId>();
  std::vector<T> records;
  for (int count = 0; count < 40; ++count) records.push_back(make_unique<T>(random, count));

  require(database.write([&](storage::Connection& connection) -> Result<void> {
    std::int64_t number = 0;
    for (const T& record : records) OMNICRM_TRY(insert(connection, user, record, ++number));
    return {};
  }));
  require(database.storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    if constexpr (Table<T>::key.size() == 0) {
      const auto listed =
          list_rows<T>(connection, select_sql<T, "WHERE user_id = ? ORDER BY ordinal">(), user);
      require(listed);
      BOOST_TEST((*listed == records));
    } else {
      for (const T& record : records) {
        const auto found = find<T>(connection, user, record);
        require(found);
        BOOST_REQUIRE(found->has_value());
        BOOST_REQUIRE_EQUAL(to_json(**found), to_json(stored(record)));
        BOOST_REQUIRE((**found == stored(record)));
        const auto others = find<T>(connection, stranger, record);
        require(others);
        BOOST_REQUIRE(!others->has_value());
      }
    }
    return {};
  }));
}

template <class T>
void check_updates(Database& database, std::uint64_t seed) {
  testing::RandomRecords random(seed);
  const auto user = random.make<UserId>();
  const T before = random.make<T>();
  T after = random.make<T>();
  // The key and the time of creation stay.
  if constexpr (requires { after.id; }) after.id = before.id;
  if constexpr (requires { after.created_at; }) after.created_at = before.created_at;
  if constexpr (std::is_same_v<T, SyncCursor>) {
    after.connection_id = before.connection_id;
    after.service = before.service;
    after.scope = before.scope;
  }
  require(database.write([&](storage::Connection& connection) -> Result<void> {
    BOOST_TEST(!*update(connection, user, after, 1));
    OMNICRM_TRY(insert(connection, user, before, 1'000'000 + static_cast<std::int64_t>(seed)));
    BOOST_TEST(*update(connection, user, after, 2));
    const auto found = find<T>(connection, user, before);
    require(found);
    BOOST_REQUIRE(found->has_value());
    BOOST_REQUIRE_EQUAL(to_json(**found), to_json(stored(after)));
    return {};
  }));
}

BOOST_AUTO_TEST_SUITE(repository_row)

BOOST_AUTO_TEST_CASE(every_record_comes_back_from_its_table) {
  Database database;
  std::uint64_t seed = 1;
#define OMNICRM_TABLE(T)             \
  BOOST_TEST_CONTEXT(#T) {           \
    check_rows<T>(database, seed++); \
  }
  OMNICRM_FOR_EACH_TABLE(OMNICRM_TABLE)
#undef OMNICRM_TABLE
}

BOOST_AUTO_TEST_CASE(updates_write_every_column_but_key_and_creation) {
  Database database;
  std::uint64_t seed = 50;
#define CHECK(T)                        \
  BOOST_TEST_CONTEXT(#T) {              \
    check_updates<T>(database, seed++); \
  }
  CHECK(Contact)
  CHECK(Organization)
  CHECK(Interaction)
  CHECK(RawEvent)
  CHECK(Document)
  CHECK(Tag)
  CHECK(Segment)
  CHECK(Task)
  CHECK(SyncPlan)
  CHECK(SyncBatch)
  CHECK(SyncCursor)
  CHECK(Suppression)
#undef CHECK
}

BOOST_AUTO_TEST_CASE(an_update_may_ask_for_a_version) {
  Database database;
  testing::RandomRecords random(7);
  const auto user = random.make<UserId>();
  auto contact = random.make<Contact>();
  contact.version = 3;
  require(database.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, user, contact, 1));
    contact.version = 4;
    contact.note = "changed";
    const std::string sort_name = "ada";
    BOOST_TEST(!*update_row_version(connection, user, contact, 2, sort_name));
    BOOST_TEST(*update_row_version(connection, user, contact, 3, sort_name));
    BOOST_TEST(!*update_row_version(connection, user, contact, 3, sort_name));
    BOOST_TEST((**find_row<Contact>(connection, user, contact.id) == contact));
    const auto name = storage::query_one<std::string>(
        connection, "SELECT sort_name FROM contacts WHERE id = ?", contact.id);
    BOOST_TEST(**name == sort_name);
    return {};
  }));
}

BOOST_AUTO_TEST_CASE(a_row_can_be_deleted_once_and_by_its_user) {
  Database database;
  testing::RandomRecords random(8);
  const auto user = random.make<UserId>();
  const auto tag = random.make<Tag>();
  require(database.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, user, tag, 1));
    BOOST_TEST(!*delete_row<Tag>(connection, random.make<UserId>(), tag.id));
    BOOST_TEST(*delete_row<Tag>(connection, user, tag.id));
    BOOST_TEST(!*delete_row<Tag>(connection, user, tag.id));
    return {};
  }));
}

BOOST_AUTO_TEST_CASE(a_row_that_is_there_already_is_refused) {
  Database database;
  testing::RandomRecords random(9);
  const auto user = random.make<UserId>();
  const auto task = random.make<Task>();
  const auto done = database.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert_row(connection, user, task));
    return insert_row(connection, user, task);
  });
  BOOST_REQUIRE(!done);
  BOOST_TEST((done.error().code == ErrorCode::already_exists));
}

BOOST_AUTO_TEST_CASE(damaged_columns_are_named) {
  Database database;
  testing::RandomRecords random(10);
  const auto user = random.make<UserId>();
  const auto contact = random.make<Contact>();
  const auto message_after = [&](std::string_view sql) {
    std::string message;
    require(database.write([&](storage::Connection& connection) -> Result<void> {
      OMNICRM_TRY(storage::execute(connection, sql));
      const auto found = find_row<Contact>(connection, user, contact.id);
      BOOST_REQUIRE(!found);
      BOOST_TEST((found.error().code == ErrorCode::data_loss));
      message = found.error().message;
      return {};
    }));
    return message;
  };
  require(
      database.write([&](storage::Connection& connection) { return insert(connection, user, contact, 1); }));
  BOOST_TEST(message_after("UPDATE contacts SET source = 'fax'") == "contacts.source: no such name: \"fax\"");
  BOOST_TEST(message_after("UPDATE contacts SET source = 'user', emails = '[{\"value\":1}]'") ==
             "contacts.emails: [0].value: expected text, got number");
}

BOOST_AUTO_TEST_CASE(sql_is_made_from_the_description) {
  static_assert(column_list<Tag>() == "id, name, color, batch_id, created_at");
  static_assert(column_list<Tag, "t.">() == "t.id, t.name, t.color, t.batch_id, t.created_at");
  static_assert(insert_sql<Tag>() ==
                "INSERT INTO tags (user_id, id, name, color, batch_id, created_at, sort_name) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)");
  static_assert(
      update_sql<Tag>() ==
      "UPDATE tags SET name = ?, color = ?, batch_id = ?, sort_name = ? WHERE user_id = ? AND id = ?");
  static_assert(select_sql<Tag, "WHERE user_id = ?">() ==
                "SELECT id, name, color, batch_id, created_at FROM tags WHERE user_id = ?");
  static_assert(find_sql<AuditEntry>().ends_with(" FROM audit_log WHERE user_id = ? AND sequence = ?"));
  static_assert(
      delete_sql<SyncCursor>() ==
      "DELETE FROM sync_cursors WHERE user_id = ? AND connection_id = ? AND service = ? AND scope = ?");
  static_assert(column_count<Tag> == 5);
  BOOST_TEST(column_list<Interaction>().find("participants") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_row_image_keeps_the_whole_record) {
  testing::RandomRecords random(12);
  for (int round = 0; round < 50; ++round) {
    const auto interaction = random.make<Interaction>();
    BOOST_REQUIRE((*from_row_image<Interaction>(row_image(interaction)) == interaction));
  }
  const auto damaged = from_row_image<Contact>("{");
  BOOST_REQUIRE(!damaged);
  BOOST_TEST((damaged.error().code == ErrorCode::data_loss));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace omnicrm::repository
