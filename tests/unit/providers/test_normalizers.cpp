// Cards and rows as contacts; mail and calendars have files of their own.
#include <boost/test/unit_test.hpp>
#include <string>

#include "file_items.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;

namespace {

sync::Normalized card(const std::string& lines, const std::string& version = "4.0") {
  return normalize(
      item_of("text/vcard", "BEGIN:VCARD\r\nVERSION:" + version + "\r\n" + lines + "END:VCARD\r\n"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(normalizers_suite)

BOOST_AUTO_TEST_CASE(a_card_becomes_a_contact) {
  const auto made = card(
      "N:Lovelace;Ada;King;Lady;\r\nFN:Lady Ada "
      "Lovelace\r\nNICKNAME:Ada\r\nEMAIL;TYPE=home:ADA@Example.org\r\n"
      "EMAIL;TYPE=work;PREF=1:ada@work.example\r\nEMAIL:ada@example.org\r\nTEL;TYPE=cell:+44 20 7946 0000\r\n"
      "ORG:Engines Ltd;Analysis\r\nTITLE:Analyst\r\nBDAY:18151210\r\nANNIVERSARY:18350708\r\nNOTE:First\\, "
      "programmer\r\n"
      "ADR:;;12 St James Sq;London;;SW1;UK\r\nURL:https://ada.example\r\nCATEGORIES:friends,science\r\n"
      "REV:20200102T030405Z\r\n");
  BOOST_REQUIRE_EQUAL(made.contacts.size(), 1u);
  const Contact& got = made.contacts[0].contact;
  BOOST_TEST(got.display_name == "Lady Ada Lovelace");
  BOOST_TEST(got.given_name == "Ada");
  BOOST_TEST(got.middle_name == "King");
  BOOST_TEST(got.family_name == "Lovelace");
  BOOST_TEST(got.name_prefix == "Lady");
  BOOST_REQUIRE_EQUAL(got.emails.size(), 2u);
  BOOST_TEST(got.emails[0].value == "ada@example.org");
  BOOST_TEST(got.emails[0].label == "home");
  BOOST_TEST(!got.emails[0].is_primary);
  BOOST_TEST(got.emails[1].is_primary);
  BOOST_REQUIRE_EQUAL(got.phones.size(), 1u);
  BOOST_TEST(got.phones[0].label == "mobile");
  BOOST_TEST(got.phones[0].is_primary);
  BOOST_TEST(got.organization == "Engines Ltd");
  BOOST_TEST(got.department == "Analysis");
  BOOST_TEST(got.job_title == "Analyst");
  BOOST_TEST(got.birthday == "1815-12-10");
  BOOST_TEST(got.note == "First, programmer");
  BOOST_TEST(got.custom.text ==
             R"({"address":"12 St James Sq, SW1 London, UK","website":"https://ada.example",)"
             R"("anniversary":"1835-07-08"})");
  BOOST_TEST((got.source == Origin::vcard));
  BOOST_TEST(made.contacts[0].tags == (std::vector<std::string>{"friends", "science"}),
             boost::test_tools::per_element());
  BOOST_TEST(to_string(made.contacts[0].revised_at.value()) == "2020-01-02T03:04:05Z");
  BOOST_TEST(made.facts.is_card);
  BOOST_REQUIRE_EQUAL(made.facts.participants.size(), 2u);
  BOOST_TEST((made.facts.participants[0].role == ParticipantRole::about));
  BOOST_TEST(made.facts.participants[0].name == "Lady Ada Lovelace");
}

BOOST_AUTO_TEST_CASE(groups_are_skipped_and_organizations_name_no_person) {
  const auto group = card("KIND:group\r\nFN:Friends\r\nMEMBER:mailto:a@b\r\n");
  BOOST_TEST((group.state == RawEventState::skipped));
  BOOST_TEST(group.reason.starts_with("group_card: "));
  BOOST_TEST(group.contacts.empty());
  BOOST_TEST(group.facts.left_out == group.reason);  // so that the plan says the same
  const auto org = card("KIND:org\r\nFN:Engines Ltd\r\nEMAIL:info@engines.example\r\nN:Engines;;;;\r\n");
  BOOST_REQUIRE_EQUAL(org.contacts.size(), 1u);
  BOOST_TEST(org.contacts[0].contact.organization == "Engines Ltd");
  BOOST_TEST(org.contacts[0].contact.family_name.empty());
  BOOST_TEST((card("KIND:location\r\nFN:Room\r\n").state == RawEventState::skipped));
}

BOOST_AUTO_TEST_CASE(what_is_no_card_says_why) {
  for (const char* bytes : {"", "BEGIN:VCARD\r\nEND:VCARD\r\n", "BEGIN:VCARD\r\nFN:x"}) {
    const auto item = item_of("text/vcard", bytes);
    const sync::RawItem one = raw(item);
    const auto made = normalizer_of("text/vcard").normalize(std::span(&one, 1), {});
    BOOST_REQUIRE(!made);
    BOOST_TEST(!made.error().message.empty());
    BOOST_TEST(!normalizer_of("text/vcard").facts(one).has_value());
  }
}

BOOST_AUTO_TEST_CASE(rows_of_known_tables_become_contacts) {
  FileFolder folder;
  for (const char* name : {"google", "google_old", "hubspot", "linkedin", "outlook", "outlook_de"}) {
    folder.write(std::string(name) + ".csv", fixture("tables/" + std::string(name) + ".csv"));
  }
  std::size_t contacts = 0;
  for (const auto& item : read_all(folder.source())) {
    if (item.state != RawEventState::pending) continue;
    const auto made = normalize(item);
    if (made.state == RawEventState::skipped) continue;
    BOOST_REQUIRE_EQUAL(made.contacts.size(), 1u);
    BOOST_TEST((made.contacts[0].contact.source == Origin::csv));
    BOOST_TEST(!made.contacts[0].contact.display_name.empty());
    BOOST_TEST(made.facts.is_card);
    ++contacts;
  }
  BOOST_TEST(contacts >= 6u);
}

BOOST_AUTO_TEST_CASE(a_row_keeps_types_groups_and_custom_columns) {
  const auto made = normalize(item_of(
      "text/csv",
      R"([{"column":"N","field":"display_name","value":"Ada"},{"column":"E","field":"email:work","value":"A@x.org"},)"
      R"({"column":"S","field":"street:home","group":1,"value":"1 High St"},)"
      R"({"column":"T","field":"locality:home","group":1,"value":"Bath"},)"
      R"({"column":"Shoe","field":"custom:shoe size","value":"38"},{"column":"X","field":"","value":"left out"}])"));
  const Contact& got = made.contacts[0].contact;
  BOOST_TEST(got.emails[0].value == "a@x.org");
  BOOST_TEST(got.emails[0].label == "work");
  BOOST_TEST(got.custom.text == R"({"address":"1 High St, Bath","shoe size":"38"})");
}

BOOST_AUTO_TEST_CASE(rows_that_name_nobody_are_skipped_and_broken_ones_refused) {
  const auto nobody = normalize(item_of("text/csv", R"([{"column":"N","field":"note","value":"x"}])"));
  BOOST_TEST((nobody.state == RawEventState::skipped));
  BOOST_TEST(nobody.reason.starts_with("no_person: "));
  for (const char* bytes : {"", "{}", "[1]", "[{\"field\":\"hue\"}]"}) {
    const auto item = item_of("text/csv", bytes);
    const sync::RawItem one = raw(item);
    BOOST_TEST(!normalizer_of("text/csv").facts(one).has_value(), bytes);
  }
}

BOOST_AUTO_TEST_CASE(the_same_bytes_give_the_same_contact) {
  for (const char* name : {"apple30", "android21", "rfc6350"}) {
    FileFolder folder;
    folder.write("a.vcf", fixture("cards/" + std::string(name) + ".vcf"));
    for (const auto& item : read_all(folder.source())) {
      if (item.state != RawEventState::pending) continue;
      const sync::RawItem one = raw(item);
      BOOST_TEST(text_of(normalize(item), std::span(&one, 1)) ==
                 text_of(normalize(item), std::span(&one, 1)));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
