#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "providers/files/vcard.hpp"

using namespace omnicrm;
using namespace omnicrm::files;

namespace {

std::string fixture(const std::string& name) {
  return std::string(OMNICRM_FIXTURES) + "/cards/" + name;
}

std::vector<VCardItem> read_all(VCardReader reader) {
  std::vector<VCardItem> items;
  VCardItem item;
  for (;;) {
    const auto more = reader.next(item);
    BOOST_REQUIRE(more.has_value());
    if (!*more) return items;
    items.push_back(item);
  }
}

std::vector<VCardItem> read_file(const std::string& name) {
  auto reader = VCardReader::open(fixture(name));
  BOOST_REQUIRE(reader.has_value());
  return read_all(std::move(*reader));
}

ContactCard card(const std::string& lines, const std::string& version = "3.0") {
  const std::string text = "BEGIN:VCARD\r\nVERSION:" + version + "\r\n" + lines + "END:VCARD\r\n";
  const auto items = read_all(VCardReader::from_memory(text));
  BOOST_REQUIRE_EQUAL(items.size(), 1);
  BOOST_REQUIRE(items[0].card.has_value());
  return *items[0].card;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vcard)

BOOST_AUTO_TEST_CASE(android_version_2_1) {
  const auto items = read_file("android21.vcf");
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  const ContactCard& anna = items[0].card.value();
  BOOST_TEST(anna.version == "2.1");
  BOOST_TEST(anna.family_name == "Иванов");
  BOOST_TEST(anna.given_name == "Анна");
  BOOST_TEST(anna.full_name == "Анна Иванов");
  BOOST_REQUIRE_EQUAL(anna.phones.size(), 2);
  BOOST_TEST(anna.phones[0].value == "+7 900 123-45-67");
  BOOST_TEST(anna.phones[0].types == std::vector<std::string>{"cell"}, boost::test_tools::per_element());
  BOOST_TEST(anna.phones[0].preference == 1);
  BOOST_TEST(anna.emails.at(0).types.at(0) == "home");
  BOOST_TEST(anna.organization == "Yandex");
  BOOST_TEST(anna.department == "Search");
  BOOST_TEST(anna.note == "line one\nline two");
  BOOST_TEST(anna.nickname == "Anja");
  BOOST_TEST(anna.handles.at(0).service == "skype");
  BOOST_TEST(anna.birthday.value().to_string() == "1985-03-15");
  BOOST_TEST(anna.photo_bytes > 60);
  const ContactCard& joerg = items[1].card.value();
  BOOST_TEST(joerg.full_name == "Jörg Müller");
  BOOST_TEST(joerg.addresses.at(0).street == "Straße 1");
  BOOST_TEST(joerg.addresses.at(0).postal_code == "10115");
  BOOST_TEST(joerg.phones.size() == 1);  // nothing of the assistant's card
}

BOOST_AUTO_TEST_CASE(apple_version_3_0) {
  const auto items = read_file("apple30.vcf");
  BOOST_REQUIRE_EQUAL(items.size(), 3);
  const ContactCard& jim = items[0].card.value();
  BOOST_TEST(jim.uid == "3f2c-apple");
  BOOST_TEST(jim.prefix == "Capt.");
  BOOST_TEST(jim.additional_names == "Tiberius");
  BOOST_TEST(jim.emails.at(0).value == "jim@starfleet.example");
  BOOST_TEST(jim.emails.at(0).label == "Work");
  BOOST_TEST(jim.emails.at(0).preference == 1);
  BOOST_TEST(jim.emails.at(0).types.empty());
  BOOST_TEST(jim.department == "Command, Bridge");
  BOOST_TEST(jim.addresses.at(0).locality == "San Francisco");
  BOOST_TEST(jim.urls.at(0).label == "HomePage");
  BOOST_TEST(jim.anniversary.value().to_string() == "2265-06-01");
  BOOST_TEST(jim.birthday.value().to_string() == "--03-22");
  BOOST_TEST(jim.note == "Risk is our business, always.\nSecond line; with semicolon");
  BOOST_REQUIRE_EQUAL(jim.handles.size(), 2);
  BOOST_TEST((jim.handles[0] == CardHandle{"twitter", "jtkirk", "https://twitter.com/jtkirk"}));
  BOOST_TEST((jim.handles[1] == CardHandle{"skype", "jim.kirk", ""}));
  const std::vector<std::string> tags{"Friends", "Star, fleet"};
  BOOST_TEST(jim.tags == tags, boost::test_tools::per_element());
  BOOST_TEST(jim.photo_bytes == 6);
  BOOST_TEST(to_string(jim.revision.value()) == "2026-01-02T03:04:05Z");
  BOOST_TEST(items[1].card->kind == "group");
  BOOST_TEST(items[1].card->members.at(0) == "urn:uuid:3f2c-apple");
  const ContactCard& acme = items[2].card.value();
  BOOST_TEST(acme.kind == "org");
  BOOST_TEST(acme.phones.at(0).types.at(0) == "work");
  BOOST_TEST(acme.phones.at(0).preference == 1);
}

BOOST_AUTO_TEST_CASE(version_4_0_example_of_rfc_6350) {
  const auto items = read_file("rfc6350.vcf");
  BOOST_REQUIRE_EQUAL(items.size(), 1);
  const ContactCard& simon = items[0].card.value();
  BOOST_TEST(simon.version == "4.0");
  BOOST_TEST(simon.suffix == "ing. jr M.Sc.");
  BOOST_TEST(simon.birthday.value().to_string() == "--02-03");
  BOOST_TEST(simon.anniversary.value().to_string() == "2009-08-08");
  BOOST_TEST(simon.phones.at(0).value == "+1-418-656-9254;ext=102");
  BOOST_TEST(simon.phones.at(0).preference == 1);
  BOOST_TEST(simon.phones.at(1).types.size() == 5);
  BOOST_TEST(simon.addresses.at(0).street == "2875 Laurier");
  BOOST_TEST(simon.handles.at(0).service == "xmpp");
  BOOST_TEST(simon.handles.at(0).handle == "simon@jabber.viagenie.ca");
  BOOST_TEST(simon.photo_bytes == 8);
  BOOST_TEST(simon.kind == "individual");
  BOOST_TEST(simon.uid == "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1");
  BOOST_TEST(to_string(simon.revision.value()) == "2026-02-03T04:05:06Z");
}

BOOST_AUTO_TEST_CASE(broken_cards_are_items_that_name_the_position) {
  const auto items = read_file("broken.vcf");
  BOOST_REQUIRE_EQUAL(items.size(), 4);
  BOOST_TEST(items[0].card.error().message.find("no END:VCARD") != std::string::npos);
  BOOST_TEST(items[0].position == 0);
  BOOST_TEST(items[1].card.value().full_name == "Fine");
  BOOST_TEST(items[2].card.error().message.find("no name") != std::string::npos);
  BOOST_TEST(items[3].card.error().message.find("byte " + std::to_string(items[3].position)) !=
             std::string::npos);
  BOOST_TEST(items[3].card.error().message.find("broken.vcf") != std::string::npos);
  auto resumed = VCardReader::open(fixture("broken.vcf"), items[0].next);
  BOOST_TEST(read_all(std::move(*resumed)).size() == 3);
}

BOOST_AUTO_TEST_CASE(folding_line_ends_and_charsets) {
  BOOST_TEST(card("FN:Long\r\n  name \r\n\there\r\n").full_name == "Long name here");
  BOOST_TEST(card("FN:Caf\xE9\r\n").full_name == "Café");
  BOOST_TEST(card("FN;CHARSET=Shift_JIS:\x93\xFA\x96\x7B\r\n").full_name == "日本");
  BOOST_TEST(card(std::string("FN:a") + '\0' + "b\r\n").full_name ==
             "a\xEF\xBF\xBD"
             "b");
  BOOST_TEST(card("FN:محمد 🚀\r\n").full_name == "محمد 🚀");
  const std::string cr = "BEGIN:VCARD\rVERSION:3.0\rFN:Old Mac\rEND:VCARD\r";
  BOOST_TEST(read_all(VCardReader::from_memory(cr)).at(0).card->full_name == "Old Mac");
}

BOOST_AUTO_TEST_CASE(utf_16_with_a_byte_order_mark) {
  std::string wide = "\xFF\xFE";
  for (const char c : std::string(
           "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\x01\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:B\r\nEND:VCARD\r\n")) {
    wide += c == '\x01' ? '\x16' : c;  // U+0416
    wide += c == '\x01' ? '\x04' : '\0';
  }
  const auto items = read_all(VCardReader::from_memory(wide));
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  BOOST_TEST(items[0].card->full_name == "AЖ");
  BOOST_TEST(items[0].position == 2);
  BOOST_TEST(items[1].position == wide.find(std::string("B\0E\0G\0", 6), 10));
}

BOOST_AUTO_TEST_CASE(names_are_put_together_where_fn_is_missing) {
  BOOST_TEST(card("N:Doe;Jane;Q.,X.;Dr.;PhD\r\n").full_name == "Dr. Jane Q. X. Doe PhD");
  BOOST_TEST(card("N:Doe\\;Smith;Jane\r\n").family_name == "Doe;Smith");
  BOOST_TEST(card("EMAIL:only@example.com\r\n").full_name == "");
}

BOOST_AUTO_TEST_CASE(partial_dates) {
  BOOST_TEST(parse_partial_date("19850412").value().to_string() == "1985-04-12");
  BOOST_TEST(parse_partial_date("1985-04").value().to_string() == "1985-04");
  BOOST_TEST(parse_partial_date("--0229").value().to_string() == "--02-29");
  BOOST_TEST(parse_partial_date("---12").value().to_string() == "---12");
  BOOST_TEST(parse_partial_date("1985-04-12T10:00:00Z").value().to_string() == "1985-04-12");
  BOOST_TEST(!card("FN:X\r\nBDAY;X-APPLE-OMIT-YEAR=1604:1604\r\n").birthday.has_value());
  BOOST_TEST(!parse_partial_date("1985-02-29").has_value());
  BOOST_TEST(!parse_partial_date("circa 1800").has_value());
  BOOST_TEST(!parse_partial_date("").has_value());
}

BOOST_AUTO_TEST_CASE(big_photos_do_not_count_against_the_card) {
  const ContactCard with_photo =
      card("FN:P\r\nPHOTO;ENCODING=b;TYPE=JPEG:" + std::string(4 << 20, 'A') + "\r\nTEL:1\r\n");
  BOOST_TEST(with_photo.photo_bytes >= (3u << 20) - 16);
  BOOST_TEST(with_photo.phones.size() == 1);
}

BOOST_AUTO_TEST_CASE(unknown_properties_are_kept_as_custom_fields) {
  const ContactCard out = card("FN:X\r\nX-FAVOURITE:tea\r\nGENDER:F\r\n");
  const std::vector<CardField> wanted{{"x-favourite", "tea"}, {"gender", "F"}};
  BOOST_TEST((out.custom == wanted));
}

BOOST_AUTO_TEST_CASE(profile_addresses_are_handles) {
  const ContactCard out =
      card("FN:X\r\nURL:https://www.linkedin.com/in/ada/\r\nURL:https://notlinkedin.com/x\r\n");
  BOOST_REQUIRE_EQUAL(out.handles.size(), 1);
  BOOST_TEST(out.handles[0].service == "linkedin");
  BOOST_TEST(out.handles[0].handle == "ada");
  BOOST_TEST(out.urls.size() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
