#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "providers/files/csv.hpp"

using namespace omnicrm;
using namespace omnicrm::files;

namespace {

using Fields = std::vector<std::string>;

CsvReader reader_of(const std::string& text, const CsvOptions& options = {}) {
  auto reader = CsvReader::from_memory(text, options);
  BOOST_REQUIRE(reader.has_value());
  return std::move(*reader);
}

std::vector<CsvRow> rows_of(CsvReader& reader) {
  std::vector<CsvRow> rows;
  CsvRow row;
  for (;;) {
    const auto more = reader.next(row);
    BOOST_REQUIRE(more.has_value());
    if (!*more) return rows;
    rows.push_back(row);
  }
}

std::string utf16(const std::string& ascii, bool little) {
  std::string out = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : ascii) {
    if (!little) out += '\0';
    out += c;
    if (little) out += '\0';
  }
  return out;
}

void check(const std::string& text, const std::vector<Fields>& wanted) {
  CsvReader reader = reader_of(text);
  const auto rows = rows_of(reader);
  BOOST_REQUIRE_EQUAL(rows.size(), wanted.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BOOST_REQUIRE(rows[i].fields.has_value());
    BOOST_TEST(*rows[i].fields == wanted[i], boost::test_tools::per_element());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(rfc_4180) {
  check("name,email\r\n\"Doe, Jane\",jane@example.com\r\n\"a \"\"b\"\" c\",\r\n\"two\r\nlines\",x\r\n",
        {{"Doe, Jane", "jane@example.com"}, {"a \"b\" c", ""}, {"two\r\nlines", "x"}});
}

BOOST_AUTO_TEST_CASE(line_ends_of_all_kinds_and_no_end_at_all) {
  check("name,email\nA,a@x\nB,b@x", {{"A", "a@x"}, {"B", "b@x"}});
  check("name,email\rA,a@x\rB,b@x\r", {{"A", "a@x"}, {"B", "b@x"}});
  check("name,email\r\n\r\nA,a@x\r\n,\r\nB,\"b\"", {{"A", "a@x"}, {"B", "b"}});
  check("name,email\nA,\"b\"x\nB,it\"s\n", {{"A", "bx"}, {"B", "it\"s"}});
}

BOOST_AUTO_TEST_CASE(delimiters_are_found) {
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const std::string d(1, delimiter);
    CsvReader reader = reader_of("name" + d + "email" + d + "note\nA" + d + "a@x" + d + "\"1,2;3\"\nB" + d +
                                 "b@x" + d + "n\n");
    BOOST_TEST(reader.delimiter() == delimiter);
    BOOST_TEST(reader.header().size() == 3);
    BOOST_TEST(rows_of(reader).at(0).fields->at(2) == "1,2;3");
  }
  CsvReader excel = reader_of("sep=;\nname;email\nA;a@x\n");
  BOOST_TEST(excel.header().at(1) == "email");
  BOOST_TEST(rows_of(excel).size() == 1);
}

BOOST_AUTO_TEST_CASE(byte_order_marks_and_old_charsets) {
  check("\xEF\xBB\xBFname,email\nCaf\xC3\xA9,a@x\n", {{"Café", "a@x"}});
  check("name,email\nCaf\xE9 \x80,a@x\n", {{"Café €", "a@x"}});
  check(utf16("name,email\r\nA,a@x\r\n", true), {{"A", "a@x"}});
  check(utf16("name;email\r\nA;a@x\r\n", false), {{"A", "a@x"}});
  check(std::string("name,email\nA") + '\0' + ",a@x\n", {{"A\xEF\xBF\xBD", "a@x"}});
}

BOOST_AUTO_TEST_CASE(headers_are_told_from_data) {
  CsvReader with = reader_of("Vorname;Nachname\nA;B\n");
  BOOST_TEST(with.has_header());
  CsvReader without = reader_of("Ada Lovelace,ada@example.com\nGrace,grace@example.com\n");
  BOOST_TEST(!without.has_header());
  BOOST_TEST(without.header().at(1) == "column 2");
  BOOST_TEST(rows_of(without).size() == 2);
  CsvReader single = reader_of("email\na@x\nb@x\n");
  BOOST_TEST(single.header().at(0) == "email");
  BOOST_TEST(rows_of(single).size() == 2);
}

BOOST_AUTO_TEST_CASE(linkedin_notes_before_the_header) {
  auto reader = CsvReader::open(std::string(OMNICRM_FIXTURES) + "/tables/linkedin.csv");
  BOOST_REQUIRE(reader.has_value());
  BOOST_TEST(reader->header().at(0) == "First Name");
  const auto rows = rows_of(*reader);
  BOOST_REQUIRE_EQUAL(rows.size(), 2);
  BOOST_TEST(rows[0].fields->at(4) == "Analytical Engines, Ltd.");
  BOOST_TEST(rows[1].fields->at(5) == "Head of \"Things\"");
  BOOST_TEST(rows[0].line == 5);
}

BOOST_AUTO_TEST_CASE(an_unbalanced_quote_names_line_and_position_and_spoils_its_line_only) {
  const std::string text = "name,email\nA,a@x\nB,\"b@x\nC,c@x\nD,d@x\n";
  CsvReader reader = reader_of(text);
  const auto rows = rows_of(reader);
  BOOST_REQUIRE_EQUAL(rows.size(), 4);
  BOOST_REQUIRE(!rows[1].fields.has_value());
  const std::string message = rows[1].fields.error().message;
  BOOST_TEST(message.find("line 3") != std::string::npos);
  BOOST_TEST(message.find("byte " + std::to_string(text.find('"'))) != std::string::npos);
  BOOST_TEST(rows[2].fields->at(0) == "C");
  BOOST_TEST(rows[2].line == 4);
  BOOST_TEST(rows[3].fields->at(1) == "d@x");
}

BOOST_AUTO_TEST_CASE(fields_and_rows_are_capped) {
  CsvOptions options;
  options.max_field_bytes = 1000;
  options.max_row_bytes = 4000;
  options.has_header = true;
  const std::string text = "name,email\n" + std::string(5000, 'x') + ",a@x\nB,b@x\n\"" +
                           std::string(3000, 'y') + "\",c@x\nD,d@x\n";
  CsvReader reader = reader_of(text, options);
  const auto rows = rows_of(reader);
  BOOST_TEST(!rows.at(0).fields.has_value());
  BOOST_TEST(rows.back().fields->at(0) == "D");
  std::size_t good = 0;
  for (const CsvRow& row : rows) good += row.fields && row.fields->at(0) == "B" ? 1 : 0;
  BOOST_TEST(good == 1);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_one_broken_row) {
  CsvOptions options;
  options.max_field_bytes = 1000;
  options.has_header = true;
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const std::string text = "name,email" + end + std::string(600'000, 'x') + end + "B,b@x" + end;
    CsvReader reader = reader_of(text, options);
    const auto rows = rows_of(reader);
    BOOST_REQUIRE_EQUAL(rows.size(), 2);
    BOOST_TEST(!rows[0].fields.has_value());
    BOOST_TEST(rows[1].fields->at(0) == "B");
    BOOST_TEST(rows[1].line == 3);
    BOOST_TEST(rows[1].position == text.size() - 5 - end.size());
  }
}

BOOST_AUTO_TEST_CASE(three_hundred_columns) {
  std::string text;
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 300; ++i) {
      if (i > 0) text += ',';
      text += (row == 0 ? "c" : "v") + std::to_string(i);
    }
    text += '\n';
  }
  CsvReader reader = reader_of(text);
  BOOST_TEST(reader.header().size() == 300);
  BOOST_TEST(rows_of(reader).at(1).fields->at(299) == "v299");
}

BOOST_AUTO_TEST_CASE(reading_resumes_at_a_position) {
  for (const bool wide : {false, true}) {
    const std::string ascii = "name,email\nA,a@x\nB,b@x\nC,c@x\n";
    const std::string text = wide ? utf16(ascii, true) : ascii;
    CsvReader reader = reader_of(text);
    const auto rows = rows_of(reader);
    BOOST_REQUIRE_EQUAL(rows.size(), 3);
    BOOST_REQUIRE(reader.resume(rows[0].next).has_value());
    const auto rest = rows_of(reader);
    BOOST_REQUIRE_EQUAL(rest.size(), 2);
    BOOST_TEST(rest[0].fields->at(0) == "B");
    BOOST_TEST(rest[0].position == rows[1].position);
  }
}

BOOST_AUTO_TEST_CASE(empty_files_and_missing_files) {
  CsvReader empty = reader_of("");
  BOOST_TEST(rows_of(empty).empty());
  CsvReader blank = reader_of("\n\n  \n");
  BOOST_TEST(rows_of(blank).empty());
  BOOST_TEST((CsvReader::open("/nonexistent/x.csv").error().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
