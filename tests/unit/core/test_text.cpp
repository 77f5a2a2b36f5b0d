#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "core/text.hpp"

namespace text = omnicrm::text;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(text_suite)

BOOST_AUTO_TEST_CASE(utf8_is_told_from_what_only_looks_like_it) {
  BOOST_TEST(text::is_utf8(""));
  BOOST_TEST(text::is_utf8("a\0b"s));
  BOOST_TEST(text::is_utf8("\xf4\x8f\xbf\xbf"));                   // U+10FFFF
  BOOST_TEST(!text::is_utf8("\xf4\x90\x80\x80"));                  // U+110000
  BOOST_TEST(!text::is_utf8("\xc0\x80"));                          // overlong NUL
  BOOST_TEST(!text::is_utf8("\xe0\x9f\xbf"));                      // overlong
  BOOST_TEST(!text::is_utf8("\xed\xa0\x80"));                      // surrogate
  BOOST_TEST(!text::is_utf8("caf\xe9"));                           // Latin-1
  BOOST_TEST(!text::is_utf8(std::string(100, 'x') + "\xe2\x82"));  // cut off
}

// The examples of the Unicode standard, table 3-8 (maximal subparts).
BOOST_AUTO_TEST_CASE(ill_formed_bytes_become_replacement_characters) {
  const std::string r = "\xef\xbf\xbd";
  BOOST_TEST(text::to_utf8("ok \xc3\xa9") == "ok \xc3\xa9");
  BOOST_TEST(text::to_utf8("a\0b"s) == "a" + r + "b");
  BOOST_TEST(text::to_utf8("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64") ==
             "a" + r + r + r + "b" + r + "c" + r + r + "d");
  BOOST_TEST(text::to_utf8("\xe0\x80\x41") == r + r + "A");
  BOOST_TEST(text::to_utf8("\xe2\x82") == r);
}

BOOST_AUTO_TEST_CASE(any_bytes_become_utf8_and_utf8_stays) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? 'a' + random() % 26 : random());
    const std::string clean = text::to_utf8(bytes);
    BOOST_TEST_REQUIRE(text::is_utf8(clean));
    BOOST_TEST_REQUIRE(clean.find('\0') == std::string::npos);
    BOOST_TEST_REQUIRE(text::to_utf8(clean) == clean);
    BOOST_TEST_REQUIRE(text::is_utf8(text::fold(bytes)));
    BOOST_TEST_REQUIRE(text::is_utf8(text::normalize(bytes)));
    BOOST_TEST_REQUIRE(text::is_utf8(text::cut(clean, random() % 40)));
  }
}

BOOST_AUTO_TEST_CASE(folding_takes_case_and_marks_away) {
  BOOST_TEST(text::fold("Éric Åström") == "eric astrom");
  BOOST_TEST(text::fold("E\xcc\x81ric") == "eric");  // E + combining acute
  BOOST_TEST(text::fold("STRASSE") == text::fold("Straße"));
  BOOST_TEST(text::fold("ΣΊΣΥΦΟΣ") == text::fold("σίσυφος"));
  BOOST_TEST(text::fold("ﬁancé Ｆｕｌｌ ①") == "fiance full 1");
  BOOST_TEST(text::fold("soft\xc2\xadhyphen") == "softhyphen");
  BOOST_TEST(text::fold("Łódź") == "łodz");  // the stroke is no mark
  BOOST_TEST(text::fold("李明 😀") == "李明 😀");
  BOOST_TEST(text::fold("a\xff"
                        "B") == "ab");
  BOOST_TEST(text::fold("\xef\xb7\xba").size() > 20);  // U+FDFA, the longest mapping
}

BOOST_AUTO_TEST_CASE(folding_ascii_is_lower_casing_at_every_length_and_offset) {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  all += all + all;
  for (std::size_t from = 0; from < 17; ++from) {
    for (std::size_t length = 0; length < 150; ++length) {
      const std::string part = all.substr(from, length);
      BOOST_TEST_REQUIRE(text::fold(part) == text::lower_ascii(part));
    }
  }
  BOOST_TEST(text::lower_ascii("@AZ[`az{") == "@az[`az{");
}

BOOST_AUTO_TEST_CASE(what_is_folded_stays_when_folded_again) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string mixed;
    for (int i = 0; i < 12; ++i) {
      const unsigned c = 0x20 + random() % 0x2fff;
      if (c < 0x80) {
        mixed += static_cast<char>(c);
      } else if (c < 0x800) {
        mixed += static_cast<char>(0xc0 | c >> 6);
        mixed += static_cast<char>(0x80 | (c & 0x3f));
      } else {
        mixed += static_cast<char>(0xe0 | c >> 12);
        mixed += static_cast<char>(0x80 | (c >> 6 & 0x3f));
        mixed += static_cast<char>(0x80 | (c & 0x3f));
      }
    }
    const std::string once = text::fold(mixed);
    BOOST_TEST_REQUIRE(text::fold(once) == once);
    BOOST_TEST_REQUIRE(text::fold(text::normalize(mixed)) == once);
  }
}

BOOST_AUTO_TEST_CASE(normalizing_composes) {
  BOOST_TEST(text::normalize("plain") == "plain");
  BOOST_TEST(text::normalize("e\xcc\x81") == "é");
  BOOST_TEST(text::normalize("\xe2\x84\xab") == "Å");  // Angstrom sign
  BOOST_TEST(text::normalize("ﬁ") == "ﬁ");             // compatibility forms stay
  BOOST_TEST(text::normalize("caf\xe9") == "caf\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(space_is_trimmed_and_squeezed) {
  BOOST_TEST(text::trim(" \t\r\n x y \v\f") == "x y");
  BOOST_TEST(text::trim("\xc2\xa0\xe3\x80\x80 x\xe3\x80\x80\xc2\xa0") == "x");
  BOOST_TEST(text::trim("   ").empty());
  BOOST_TEST(text::trim("").empty());
  BOOST_TEST(text::squeeze("  Re:\r\n\t  a\xc2\xa0\xe2\x80\x83 b \x01\x7f c ") == "Re: a b c");
  BOOST_TEST(text::squeeze("\x01\x02").empty());
  BOOST_TEST(text::squeeze("Ä\xc2\x85Ö") == "Ä Ö");  // U+0085
}

BOOST_AUTO_TEST_CASE(cutting_keeps_code_points_whole) {
  const std::string euro = "a€b";  // 1 + 3 + 1 bytes
  BOOST_TEST(text::cut(euro, 5) == euro);
  BOOST_TEST(text::cut(euro, 4) == "a€");
  BOOST_TEST(text::cut(euro, 3) == "a");
  BOOST_TEST(text::cut(euro, 1) == "a");
  BOOST_TEST(text::cut(euro, 0).empty());
  BOOST_TEST(text::cut("😀😀", 7) == "😀");
  BOOST_TEST(text::cut(std::string(10, '\x80'), 5).size() == 5U);  // not UTF-8: just cut
}

BOOST_AUTO_TEST_CASE(case_is_ignored_in_ascii_only) {
  BOOST_TEST(text::equals_ignoring_case("Message-ID", "message-id"));
  BOOST_TEST(!text::equals_ignoring_case("a", "ab"));
  BOOST_TEST(!text::equals_ignoring_case("É", "é"));
  BOOST_TEST(text::starts_with_ignoring_case("MAILTO:x", "mailto:"));
  BOOST_TEST(!text::starts_with_ignoring_case("mail", "mailto:"));
}

BOOST_AUTO_TEST_CASE(splitting_keeps_empty_parts) {
  BOOST_TEST(text::split("", ',').size() == 1U);
  const auto parts = text::split(",a,,b,", ',');
  BOOST_TEST_REQUIRE(parts.size() == 5U);
  BOOST_TEST(parts[0] == "");
  BOOST_TEST(parts[1] == "a");
  BOOST_TEST(parts[3] == "b");
  BOOST_TEST(parts[4] == "");
}

BOOST_AUTO_TEST_SUITE_END()
