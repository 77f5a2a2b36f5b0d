#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "providers/files/csv.hpp"
#include "providers/files/csv_mapping.hpp"

using namespace omnicrm;
using namespace omnicrm::files;

namespace {

struct Table {
  TableMapping mapping;
  std::vector<ContactCard> cards;
};

Table read(const std::string& name) {
  auto reader = CsvReader::open(std::string(OMNICRM_FIXTURES) + "/tables/" + name);
  BOOST_REQUIRE(reader.has_value());
  Table out{detect_preset(reader->header()), {}};
  CsvRow row;
  for (;;) {
    const auto more = reader->next(row);
    BOOST_REQUIRE(more.has_value());
    if (!*more) return out;
    BOOST_REQUIRE(row.fields.has_value());
    out.cards.push_back(apply_mapping(out.mapping, *row.fields));
  }
}

std::string field_of(const TableMapping& mapping, const std::string& header) {
  const auto at = std::find_if(mapping.columns.begin(), mapping.columns.end(),
                               [&](const ColumnMapping& column) { return column.header == header; });
  return at == mapping.columns.end() ? "?" : at->field + (at->type.empty() ? "" : "/" + at->type);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(csv_mapping)

BOOST_AUTO_TEST_CASE(linkedin) {
  const Table table = read("linkedin.csv");
  BOOST_TEST(table.mapping.preset == "linkedin");
  BOOST_REQUIRE_EQUAL(table.cards.size(), 2);
  const ContactCard& ada = table.cards[0];
  BOOST_TEST(ada.full_name == "Ada Lovelace");
  BOOST_TEST(ada.organization == "Analytical Engines, Ltd.");
  BOOST_TEST(ada.job_title == "Programmer");
  BOOST_TEST((ada.handles.at(0) ==
              CardHandle{"linkedin", "ada-lovelace", "https://www.linkedin.com/in/ada-lovelace"}));
  BOOST_TEST((ada.custom.at(0) == CardField{"connected on", "12 Aug 2021"}));
  BOOST_TEST(table.cards[1].emails.empty());
  BOOST_TEST(table.cards[1].family_name == "Åkesson");
}

BOOST_AUTO_TEST_CASE(hubspot) {
  const Table table = read("hubspot.csv");
  BOOST_TEST(table.mapping.preset == "hubspot");
  const ContactCard& maria = table.cards.at(0);
  BOOST_TEST(maria.full_name == "Maria Johnson");
  BOOST_TEST(maria.emails.at(0).value == "emailmaria@hubspot.example");
  BOOST_TEST(maria.organization == "HubSpot");
  BOOST_TEST(field_of(table.mapping, "Lead Status") == "custom:lead status");
  BOOST_TEST(field_of(table.mapping, "Create Date") == "custom:Create Date");
}

BOOST_AUTO_TEST_CASE(google_before_2024) {
  const Table table = read("google_old.csv");
  BOOST_TEST(table.mapping.preset == "google_old");
  const ContactCard& wei = table.cards.at(0);
  BOOST_TEST(wei.full_name == "张伟");
  BOOST_TEST(wei.family_name == "张");
  BOOST_REQUIRE_EQUAL(wei.emails.size(), 3);  // " ::: " holds two
  BOOST_TEST(wei.emails[0].preference == 1);
  BOOST_TEST(wei.emails[0].types.at(0) == "work");
  BOOST_TEST(wei.emails[1].value == "wei2@example.cn");
  BOOST_TEST(wei.emails[2].types.at(0) == "home");
  BOOST_TEST(wei.phones.at(0).types.at(0) == "cell");
  BOOST_TEST(wei.birthday.value().to_string() == "--03-15");
  BOOST_TEST(wei.note == "line one\nline two");
  BOOST_TEST(wei.addresses.at(0).locality == "Beijing");
  BOOST_TEST(wei.addresses.at(0).types.at(0) == "home");
  BOOST_TEST(wei.handles.at(0).service == "github");
  BOOST_TEST(wei.job_title == "工程师");
}

BOOST_AUTO_TEST_CASE(google_now) {
  const Table table = read("google.csv");
  BOOST_TEST(table.mapping.preset == "google");
  const ContactCard& noor = table.cards.at(0);
  BOOST_TEST(noor.full_name == "Dr. Noor عبد الله");
  BOOST_TEST(noor.emails.at(0).value == "noor@example.eg");
  BOOST_TEST(noor.phones.at(0).types.at(0) == "work");
  BOOST_TEST(noor.department == "Physics");
  BOOST_TEST(!noor.birthday.has_value());  // 1970 had no 29 February: kept as text
  BOOST_TEST((noor.custom.at(0) == CardField{"birthday", "1970-02-29"}));
}

BOOST_AUTO_TEST_CASE(outlook_english_and_german) {
  const Table english = read("outlook.csv");
  BOOST_TEST(english.mapping.preset == "outlook");
  const ContactCard& jean = english.cards.at(0);
  BOOST_TEST(jean.prefix == "Capt.");
  BOOST_TEST(jean.job_title == "Captain");
  BOOST_TEST(jean.phones.size() == 3);
  BOOST_TEST(jean.birthday.value().to_string() == "1965-07-13");
  BOOST_TEST(jean.tags.size() == 2);
  BOOST_TEST(jean.emails.size() == 1);  // "SMTP" is no address
  const Table german = read("outlook_de.csv");
  BOOST_TEST(german.mapping.preset == "outlook_de");
  const ContactCard& gross = german.cards.at(0);
  BOOST_TEST(gross.full_name == "Dr. Jürgen Groß");
  BOOST_TEST(gross.addresses.at(0).street == "Hauptstraße 5");
  BOOST_TEST(gross.addresses.at(0).locality == "Köln");
  BOOST_TEST(gross.birthday.value().to_string() == "1965-03-15");
  BOOST_TEST(gross.emails.size() == 2);
}

BOOST_AUTO_TEST_CASE(synonyms_in_four_languages) {
  const TableMapping mapping =
      detect_preset({"Prénom", "Nom de famille", "Courriel", "Société", "Teléfono móvil", "E-Mail 2",
                     "Handynummer", "Fecha de nacimiento", "PLZ", "GitHub", "Shoe size", ""});
  BOOST_TEST(mapping.preset == "generic");
  BOOST_TEST(field_of(mapping, "Prénom") == "given_name");
  BOOST_TEST(field_of(mapping, "Nom de famille") == "family_name");
  BOOST_TEST(field_of(mapping, "Courriel") == "email");
  BOOST_TEST(field_of(mapping, "Société") == "organization");
  BOOST_TEST(field_of(mapping, "Teléfono móvil") == "phone/cell");
  BOOST_TEST(field_of(mapping, "E-Mail 2") == "email");
  BOOST_TEST(field_of(mapping, "Handynummer") == "phone/cell");
  BOOST_TEST(field_of(mapping, "Fecha de nacimiento") == "birthday");
  BOOST_TEST(field_of(mapping, "PLZ") == "postal_code");
  BOOST_TEST(field_of(mapping, "GitHub") == "handle/github");
  BOOST_TEST(field_of(mapping, "Shoe size") == "custom:Shoe size");
  BOOST_TEST(mapping.columns[10].reason == "no such field: kept as custom");
  BOOST_TEST(mapping.columns[11].field == "custom:column 12");
  BOOST_TEST(mapping.has_people());
  BOOST_TEST(!detect_preset({"Date", "Amount"}).has_people());
}

BOOST_AUTO_TEST_CASE(columns_without_names_are_known_by_their_values) {
  const TableMapping mapping = detect_by_values(
      {{"Ada", "ada@example.com", "+44 20 1234", "x"}, {"Grace", "grace@example.com", "555-010-99", ""}});
  BOOST_TEST(mapping.columns.at(0).field == "display_name");
  BOOST_TEST(mapping.columns.at(1).field == "email");
  BOOST_TEST(mapping.columns.at(2).field == "phone");
  BOOST_TEST(mapping.columns.at(3).field == "custom:column 4");
}

BOOST_AUTO_TEST_CASE(short_and_long_rows) {
  const TableMapping mapping = detect_preset({"name", "email", "phone"});
  const ContactCard short_row = apply_mapping(mapping, {"Ada"});
  BOOST_TEST(short_row.full_name == "Ada");
  BOOST_TEST(short_row.emails.empty());
  BOOST_TEST(apply_mapping(mapping, {"Ada", "a@x", "1", "beyond"}).custom.empty());
  BOOST_TEST(apply_mapping(mapping, {}).is_empty());
}

BOOST_AUTO_TEST_SUITE_END()
