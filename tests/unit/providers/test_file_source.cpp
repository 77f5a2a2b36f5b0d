// Cards and tables as items; mail and calendars have files of their own.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "file_items.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;

namespace {

std::string utf16(std::string_view text) {
  std::string out = "\xFF\xFE";
  for (const char c : text) out.append(1, c).append(1, '\0');
  return out;
}

std::string card(const std::string& name, const std::string& more = "") {
  return "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:" + name + "\r\n" + more + "END:VCARD\r\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_source_suite)

BOOST_AUTO_TEST_CASE(all_files_are_one_connection) {
  FileFolder folder;
  BOOST_TEST(!open_source(folder.source())->connection().is_nil());
  BOOST_TEST((open_source(folder.source())->connection() == open_source(folder.source("x"))->connection()));
}

BOOST_AUTO_TEST_CASE(a_card_is_its_bytes_and_is_called_by_uid_or_hash) {
  FileFolder folder;
  const std::string first = card("Ada", "UID:urn:uuid:1\r\n");
  const std::string second = card("Grace");
  folder.write("a.vcf", "\r\n" + first + second);
  folder.write("b.vcf", second);
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST(items[0].source_id == "urn:uuid:1");
  BOOST_TEST(items[0].payload == first);
  BOOST_TEST(items[0].origin.text == "{\"path\":" + json_text(folder.file("a.vcf")) + ",\"position\":2}");
  BOOST_TEST(items[1].source_id.starts_with("sha256:"));
  BOOST_TEST(items[1].source_id == items[2].source_id);
  BOOST_TEST(items[1].payload == second);
}

BOOST_AUTO_TEST_CASE(broken_and_large_cards_do_not_stop_the_others) {
  FileFolder folder;
  folder.write("a.vcf", card("Ada") + "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n" +
                            card("Big", "NOTE:" + std::string(5000, 'x') + "\r\n") + card("Grace") +
                            "BEGIN:VCARD\r\nFN:cut off");
  SyncSource source = folder.source();
  source.max_item_bytes = 4000;
  const auto items = read_all(source);
  BOOST_REQUIRE_EQUAL(items.size(), 5u);
  BOOST_TEST((items[1].state == RawEventState::poison));
  BOOST_TEST((items[2].state == RawEventState::skipped));
  BOOST_TEST(items[2].reason == "too_large: " + std::to_string(items[2].size) + " bytes, the cap is 4000");
  BOOST_TEST(items[2].payload.empty());
  BOOST_TEST((items[3].state == RawEventState::pending));
  BOOST_TEST((items[4].state == RawEventState::poison));
  BOOST_TEST(items[4].reason.find("no END:VCARD") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_position_of_cards_resumes) {
  FileFolder folder;
  folder.write("a.vcf",
               fixture("cards/apple30.vcf") + fixture("cards/android21.vcf") + fixture("cards/broken.vcf"));
  folder.write("b.vcf", fixture("cards/rfc6350.vcf"));
  folder.write("c.vcf", utf16(card("Ada") + card("Grace") + card("Joan")));
  check_resumes(folder.source());
}

BOOST_AUTO_TEST_CASE(utf16_cards_become_utf8) {
  FileFolder folder;
  folder.write("c.vcf", utf16(card("Ada") + card("Grace")));
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 2u);
  BOOST_TEST(items[1].payload == card("Grace"));
}

BOOST_AUTO_TEST_CASE(a_row_is_its_cells_with_their_fields) {
  FileFolder folder;
  folder.write(
      "t.csv",
      "Name,Email,Shoe size\nAda,ada@example.org,\nGrace,grace@example.org,38\nAda,ada@example.org,\n");
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST(items[0].payload == R"([{"column":"Name","field":"display_name","value":"Ada"},)"
                                 R"({"column":"Email","field":"email","value":"ada@example.org"}])");
  BOOST_TEST(items[0].source_id == items[2].source_id);
  BOOST_TEST(items[0].source_id != items[1].source_id);
  BOOST_TEST(items[1].payload.find(R"("field":"custom:)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_plans_mapping_is_what_counts) {
  FileFolder folder;
  folder.write("t.csv", "Name,Email\nAda,ada@example.org\n");
  auto files = inventory(folder.source());
  files[0].mapping = Json{R"({"Name":"nickname","Email":"email:work"})"};
  const auto items = read_scope(*open_source(folder.source()), files[0]);
  BOOST_TEST(items[0].payload == R"([{"column":"Name","field":"nickname","value":"Ada"},)"
                                 R"({"column":"Email","field":"email:work","value":"ada@example.org"}])");
}

BOOST_AUTO_TEST_CASE(wide_and_unbalanced_tables_end_in_rows_or_poison) {
  FileFolder folder;
  std::string wide = "Email";
  std::string row = "ada@example.org";
  for (int i = 0; i < 299; ++i) {
    wide += ",c" + std::to_string(i);
    row += "," + std::to_string(i);
  }
  folder.write("a.csv", wide + "\n" + row + "\n");
  folder.write("b.csv",
               "Name,Email\nAda,ada@example.org\n\"Grace,grace@example.org\nJoan,joan@example.org\n");
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_GE(items.size(), 4u);
  BOOST_TEST((items[0].state == RawEventState::pending));
  BOOST_TEST(std::ranges::count_if(
                 items, [](const auto& item) { return item.state == RawEventState::poison; }) == 1);
  const auto& broken = *std::ranges::find_if(items, [](const auto& item) { return !item.reason.empty(); });
  BOOST_TEST(broken.reason.starts_with("unreadable: "));
  BOOST_TEST(broken.reason.find("b.csv") != std::string::npos);
  BOOST_TEST(items.back().payload.find("joan@example.org") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_position_of_tables_resumes) {
  FileFolder folder;
  for (const char* name : {"google", "google_old", "hubspot", "linkedin", "outlook", "outlook_de"}) {
    folder.write(std::string(name) + ".csv", fixture("tables/" + std::string(name) + ".csv"));
  }
  folder.write("utf16.csv",
               utf16("Name,Email\nAda,ada@example.org\n\"Gr,ace\",grace@example.org\nJoan,j@example.org\n"));
  folder.write("values.csv", "ada@example.org;Ada;+49 30 1234567\ngrace@example.org;Grace;+49 30 7654321\n");
  check_resumes(folder.source());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_is_the_scopes_error) {
  FileFolder folder;
  const std::string path = folder.write("a.vcf", card("Ada"));
  const auto files = inventory(folder.source());
  std::filesystem::remove(path);
  const auto reader = open_source(folder.source())->read(files[0], "");
  BOOST_REQUIRE(!reader);
  BOOST_TEST(static_cast<int>(reader.error().code) == static_cast<int>(ErrorCode::not_found));
  BOOST_TEST(reader.error().message.find(path) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
