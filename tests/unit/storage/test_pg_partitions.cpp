// A migration's text with partitions, without a server.
#include <boost/test/unit_test.hpp>

#include "storage/migrations.hpp"
#include "storage/postgres/pg_partitions.hpp"

using namespace omnicrm::storage;

namespace {

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pg_partitions)

BOOST_AUTO_TEST_CASE(none_is_the_text_as_it_is) {
  constexpr std::string_view sql = "CREATE TABLE contacts (a INT); -- as it is";
  BOOST_TEST(*with_partitions(sql, 0) == sql);
}

BOOST_AUTO_TEST_CASE(large_tables_are_split) {
  const auto text = with_partitions(
      "-- People.\nCREATE TABLE contacts (\n  a TEXT DEFAULT ');', -- CREATE TABLE x\n  b INT\n);\n"
      "CREATE TABLE settings (a INT);\nCREATE INDEX contacts_a ON contacts (a);",
      2);
  BOOST_REQUIRE(text.has_value());
  BOOST_TEST(*text ==
             "-- People.\nCREATE TABLE contacts (\n  a TEXT DEFAULT ');', -- CREATE TABLE x\n  b INT\n) "
             "PARTITION BY HASH (user_id);\n\nCREATE TABLE settings (a INT);\n\nCREATE INDEX contacts_a ON "
             "contacts (a);\n"
             "CREATE TABLE contacts_p0 PARTITION OF contacts FOR VALUES WITH (MODULUS 2, REMAINDER 0);\n"
             "ALTER TABLE contacts_p0 ENABLE ROW LEVEL SECURITY;\n"
             "ALTER TABLE contacts_p0 FORCE ROW LEVEL SECURITY;\n"
             "CREATE TABLE contacts_p1 PARTITION OF contacts FOR VALUES WITH (MODULUS 2, REMAINDER 1);\n"
             "ALTER TABLE contacts_p1 ENABLE ROW LEVEL SECURITY;\n"
             "ALTER TABLE contacts_p1 FORCE ROW LEVEL SECURITY;\n");
}

// A table of the list that was renamed would silently stay whole.
BOOST_AUTO_TEST_CASE(all_of_them_are_in_the_schema) {
  std::string all;
  for (const MigrationFile& file : postgres_migrations()) all += *with_partitions(file.sql, 1);
  BOOST_TEST(count(all, "PARTITION BY HASH (user_id)") == 12U);
  BOOST_TEST(count(all, " PARTITION OF ") == 12U);
}

BOOST_AUTO_TEST_SUITE_END()
