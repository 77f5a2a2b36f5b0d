// The built command on PostgreSQL, in what differs from a file: its database, its schema, its passwords.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "parts/postgres_server.hpp"
#include "parts/shell.hpp"

using namespace omnicrm::testing;

namespace {

struct ServerShell : Shell {
  std::string database = PostgresServer::get().make_database();
  ServerShell() { db = PostgresServer::get().url(database); }
  ~ServerShell() { PostgresServer::get().drop_database(database); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line_postgres)

BOOST_FIXTURE_TEST_CASE(migrate_says_from_where_to_where, ServerShell) {
  Ended ended = run({"migrate", "--check", "--json"});
  BOOST_TEST(ended.status == 1, ended.err);
  BOOST_TEST(boost::json::parse(ended.out).at("version") == 0);
  BOOST_TEST(boost::json::parse(ended.out).at("up_to_date") == false);
  ended = run({"migrate", "--check"});
  BOOST_TEST(ended.status == 1);
  BOOST_TEST(has(ended.out, "schema version 0"), ended.out);
  const auto said = json({"migrate"});
  BOOST_TEST(said.at("from") == 0);
  BOOST_TEST(said.at("to").as_int64() >= 1);
  BOOST_TEST(json({"migrate", "--check"}).at("up_to_date") == true);
  BOOST_TEST(has(run({"migrate"}).out, "up to date"));
}

// What a command line cannot say, a file of options does; --db stands before its path.
BOOST_FIXTURE_TEST_CASE(options_may_come_from_a_file, ServerShell) {
  const std::string file = folder.file("options.json");
  const boost::json::object options{{"path", db}, {"postgres", {{"schema", "of_a_file"}}}};
  std::ofstream(file) << boost::json::serialize(options);
  BOOST_TEST(json({"--options", file, "migrate"}).at("from") == 0);
  BOOST_TEST(json({"contacts", "--options", file}).at("items").as_array().empty());
  PostgresServer::get().run(database, "SELECT 1 FROM of_a_file.contacts");  // throws when it is not there
  BOOST_TEST(json({"--db", folder.file("a.db"), "--options", file, "migrate"}).at("from") == 0);
  BOOST_TEST(std::filesystem::exists(folder.file("a.db")));
  std::ofstream(file) << R"({"postgres":{"pool":1}})";
  const Ended wrong = run({"--options", file, "contacts"});
  BOOST_TEST(wrong.status == 2);
  BOOST_TEST(has(wrong.err, "pool"), wrong.err);
  BOOST_TEST(run({"--options", folder.file("none.json"), "contacts"}).status == 2);
}

// The whole way without a migration before: the first command that writes makes the schema.
BOOST_FIXTURE_TEST_CASE(the_first_import_makes_the_schema, ServerShell) {
  const Ended imported = import();
  BOOST_TEST(imported.status == 0, imported.err);
  BOOST_TEST(json({"contacts"}).at("items").as_array().size() == 2u);
  // The database named on the command line is another one than the environment's.
  const std::string other = PostgresServer::get().make_database();
  BOOST_TEST(json({"--db", PostgresServer::get().url(other), "contacts"}).at("items").as_array().empty());
  PostgresServer::get().drop_database(other);
}

BOOST_FIXTURE_TEST_CASE(backup_and_check_say_what_to_do, ServerShell) {
  import();
  const Ended backup = run({"backup", folder.file("copy.db")});
  BOOST_TEST(backup.status == 4);
  BOOST_TEST(has(backup.err, "pg_dump"), backup.err);
  const Ended check = run({"check"});
  BOOST_TEST(check.status == 0, check.err);
  BOOST_TEST(has(check.out, "pg_amcheck"), check.out);
  PostgresServer::get().run(database, "ALTER TABLE omnicrm.settings NO FORCE ROW LEVEL SECURITY");
  const Ended damaged = run({"check"});
  BOOST_TEST(damaged.status != 0);
  BOOST_TEST(has(damaged.out + damaged.err, "settings"), damaged.out + damaged.err);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_said, ServerShell) {
  const Ended missing = run({"--db", PostgresServer::get().url("no_such_database"), "contacts"});
  BOOST_TEST(missing.status == 5);
  BOOST_TEST(has(missing.err, "no_such_database"), missing.err);
  const Ended strange = run({"--db", "postgresql://host:port:port/x", "contacts"});
  BOOST_TEST(strange.status == 5);
  BOOST_TEST(has(strange.err, "port"), strange.err);
}

BOOST_FIXTURE_TEST_CASE(passwords_are_never_shown, ServerShell) {
  const std::string server = db.substr(db.find("host="));
  // Beside each other: a server that does not answer is asked again for ten seconds.
  std::vector<std::string> asked;
  std::vector<std::unique_ptr<Run>> runs;
  for (const std::string& named : {std::string("postgresql://omni:hunter2@127.0.0.1:1/x"),
                                   std::string("postgres://omni:hunter2@/x?host=/nowhere"),
                                   "postgresql://nobody_in:hunter2@/" + database + "?" + server,
                                   std::string("postgresql:///x?host=/nowhere&password=hunter2"),
                                   std::string("postgresql:///x?password=hunter2&host=/nowhere"),
                                   std::string("postgresql://omni:hunter2:hunter2@[/x?"),
                                   std::string("postgresql://omni:hunter2@host:port/x?hunter2")}) {
    db = named;
    for (const std::vector<std::string>& command : {std::vector<std::string>{"--help"},
                                                    {"contacts"},
                                                    {"contacts", "--json"},
                                                    {"migrate"},
                                                    {"backup", folder.file("copy.db")},
                                                    {"nonsense"}}) {
      asked.push_back(named + " " + command.front());
      runs.push_back(std::unique_ptr<Run>(new Run(start(command))));
    }
  }
  for (std::size_t at = 0; at < runs.size(); ++at) {
    const Ended ended = runs[at]->end();
    BOOST_TEST(!has(ended.out, "hunter2"), asked[at] << ": " << ended.out);
    BOOST_TEST(!has(ended.err, "hunter2"), asked[at] << ": " << ended.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
