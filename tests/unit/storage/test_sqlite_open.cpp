#include <sys/stat.h>

#include <fstream>

#include <sqlite3.h>

#include "storage_fixture.hpp"

namespace omnicrm::storage {
namespace {

/// A database made by SQLite alone, as another program would.
void make_foreign(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  BOOST_REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Error open_error(const StorageFixture& fixture) {
  auto opened = fixture.try_open();
  BOOST_REQUIRE(!opened.has_value());
  return opened.error();
}

std::string pragma(Connection& connection, const std::string& name) {
  return need(query_one<std::string>(connection, "PRAGMA " + name)).value_or("none");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_open, StorageFixture)

BOOST_AUTO_TEST_CASE(the_writer_has_its_pragmas) {
  auto settings = options();
  settings.full_sync = true;
  settings.writer_cache_kib = 1234;
  const auto storage = need(SqliteStorage::open(settings, sqlite_migrations()));
  SqliteConnection& writer = storage->writer().connection();
  BOOST_TEST(pragma(writer, "journal_mode") == "wal");
  BOOST_TEST(pragma(writer, "page_size") == "8192");
  BOOST_TEST(pragma(writer, "synchronous") == "2");
  BOOST_TEST(pragma(writer, "foreign_keys") == "1");
  BOOST_TEST(pragma(writer, "trusted_schema") == "0");
  BOOST_TEST(pragma(writer, "secure_delete") == "2");
  BOOST_TEST(pragma(writer, "temp_store") == "1");
  BOOST_TEST(pragma(writer, "cache_size") == "-1234");
  BOOST_TEST(pragma(writer, "mmap_size") == "0");
  BOOST_TEST(pragma(writer, "auto_vacuum") == "0");
  BOOST_TEST(pragma(writer, "wal_autocheckpoint") == "2000");
  BOOST_TEST(pragma(writer, "application_id") == std::to_string(sqlite_application_id));
}

BOOST_AUTO_TEST_CASE(readers_only_read) {
  auto settings = options();
  settings.reader_cache_kib = 567;
  const auto storage = need(SqliteStorage::open(settings, sqlite_migrations()));
  need(storage->read({}, [](Connection& connection) -> Result<void> {
    BOOST_TEST(pragma(connection, "query_only") == "1");
    BOOST_TEST(pragma(connection, "cache_size") == "-567");
    BOOST_TEST(pragma(connection, "journal_mode") == "wal");
    return {};
  }));
}

BOOST_AUTO_TEST_CASE(without_full_sync_the_log_is_not_synced_at_commits) {
  BOOST_TEST(pragma(open()->writer().connection(), "synchronous") == "1");
}

BOOST_AUTO_TEST_CASE(a_new_file_is_its_owners_alone) {
  (void)open();
  struct stat info {};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0600U);
}

BOOST_AUTO_TEST_CASE(closing_leaves_one_file) {
  {
    const auto storage = open();
    need(storage->migrate());
  }
  BOOST_TEST(std::filesystem::exists(path));
  BOOST_TEST(!std::filesystem::exists(path + "-wal"));
  BOOST_TEST(!std::filesystem::exists(path + "-shm"));
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_taken) {
  write_file(path, "");
  const auto storage = open();
  need(storage->migrate());
  BOOST_TEST(need(storage->schema_version()) == 1);
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_is_refused_and_left_alone) {
  make_foreign(path, "CREATE TABLE bookmarks (url TEXT)");
  const std::string before = read_file(path);
  const Error error = open_error(*this);
  BOOST_TEST((error.code == ErrorCode::failed_precondition));
  BOOST_TEST(error.message.find(path) != std::string::npos);
  BOOST_TEST(error.message.find("bookmarks") != std::string::npos);
  BOOST_TEST((read_file(path) == before));
}

BOOST_AUTO_TEST_CASE(an_empty_database_that_another_program_claimed_is_refused) {
  make_foreign(path, "PRAGMA application_id = 252006675");
  BOOST_TEST((open_error(*this).code == ErrorCode::failed_precondition));
}

BOOST_AUTO_TEST_CASE(what_is_no_database_is_refused_and_left_alone) {
  for (const std::string& bytes :
       {std::string("hello"), std::string(20'000, 'x'), std::string(5'000, '\0')}) {
    write_file(path, bytes);
    const Error error = open_error(*this);
    BOOST_TEST((error.code == ErrorCode::data_loss));
    BOOST_TEST(error.message.find(path) != std::string::npos);
    BOOST_TEST((read_file(path) == bytes));
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_schema_page_is_data_loss) {
  {
    const auto storage = open();
    need(storage->migrate());
  }
  std::string bytes = read_file(path);
  bytes.replace(100, 2'000, std::string(2'000, '\xEE'));
  write_file(path, bytes);
  const Error error = open_error(*this);
  BOOST_TEST((error.code == ErrorCode::data_loss));
  BOOST_TEST(error.message.find(path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(damaged_pages_are_found_by_check) {
  {
    const auto storage = open();
    need(run(*storage, "CREATE TABLE rows (n INTEGER PRIMARY KEY, t TEXT)"));
    need(run(*storage,
             "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) "
             "INSERT INTO rows SELECT n, hex(randomblob(50)) FROM c"));
    BOOST_TEST(need(storage->check()).empty());
  }
  std::string bytes = read_file(path);
  BOOST_REQUIRE(bytes.size() > 100'000U);
  bytes.replace(bytes.size() / 2, 9'000, std::string(9'000, '\xEE'));
  write_file(path, bytes);
  const auto storage = open();
  BOOST_TEST(!need(storage->check()).empty());
  const auto sum = ask<std::int64_t>(*storage, "SELECT sum(length(t)) FROM rows");
  BOOST_REQUIRE(!sum.has_value());
  BOOST_TEST((sum.error().code == ErrorCode::data_loss));
  BOOST_TEST(sum.error().message.find(path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_cut_file_is_found_by_check) {
  {
    const auto storage = open();
    need(storage->migrate());
  }
  std::string bytes = read_file(path);
  bytes.resize(bytes.size() / 2 + 77);
  write_file(path, bytes);
  auto opened = try_open();
  if (!opened) {
    BOOST_TEST((opened.error().code == ErrorCode::data_loss));
  } else {
    BOOST_TEST(!need((*opened)->check()).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_folder_is_no_file) {
  path = folder.path().string();
  BOOST_TEST((open_error(*this).code == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_CASE(odd_paths_are_refused) {
  for (const std::string& bad : {std::string(), std::string("a\0b", 3)}) {
    path = bad;
    BOOST_TEST((open_error(*this).code == ErrorCode::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_named) {
  path = folder.file("missing/crm.db");
  const Error error = open_error(*this);
  BOOST_TEST((error.code == ErrorCode::not_found));
  BOOST_TEST(error.message.find(path) != std::string::npos);
  write_file(folder.file("plain"), "x");
  path = folder.file("plain/crm.db");
  BOOST_TEST((open_error(*this).code != ErrorCode::internal));
}

BOOST_AUTO_TEST_CASE(names_that_look_like_uris_are_files) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  path = "file:odd?mode=memory";
  {
    const auto storage = open();
    need(storage->migrate());
  }
  BOOST_TEST(std::filesystem::exists(folder.file("file:odd?mode=memory")));
  std::filesystem::current_path(before);
}

BOOST_AUTO_TEST_CASE(in_memory_databases_are_apart) {
  path = ":memory:";
  const auto one = open();
  const auto two = open();
  need(run(*one, "CREATE TABLE t (n INTEGER)"));
  need(run(*two, "CREATE TABLE t (n INTEGER)"));
  need(run(*one, "INSERT INTO t VALUES (1)"));
  BOOST_TEST(need(ask<std::int64_t>(*one, "SELECT count(*) FROM t")) == 1);
  BOOST_TEST(need(ask<std::int64_t>(*two, "SELECT count(*) FROM t")) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

// Permissions do not bind root: the child becomes nobody.
namespace {

int as_nobody(const std::string& path) {
  constexpr uid_t nobody = 65534;
  if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) return 1;
  SqliteOptions options;
  options.path = path;
  auto storage = sqlite(options);
  if (!storage) return 100 + static_cast<int>(storage.error().code);
  return exit_code((*storage)->migrate());
}

constexpr int denied = 100 + static_cast<int>(ErrorCode::permission_denied);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_permissions, StorageFixture)

BOOST_AUTO_TEST_CASE(a_forbidden_folder) {
  std::filesystem::permissions(folder.path(), std::filesystem::perms::none);
  BOOST_TEST(Child([&] { return as_nobody(path); }).wait() == denied);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(a_read_only_file) {
  { need(open()->migrate()); }
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(path, std::filesystem::perms{0444});
  BOOST_TEST(Child([&] { return as_nobody(path); }).wait() == denied);
}

BOOST_AUTO_TEST_CASE(a_writable_file_in_a_read_only_folder) {
  { need(open()->migrate()); }
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0555});
  std::filesystem::permissions(path, std::filesystem::perms{0666});
  BOOST_TEST(Child([&] { return as_nobody(path); }).wait() == denied);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::storage
