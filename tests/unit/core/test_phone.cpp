#include <boost/test/unit_test.hpp>
#include <string>

#include "core/phone.hpp"

namespace {

std::string phone(std::string_view text) {
  const auto number = omnicrm::normalize_phone(text);
  return number ? *number : "refused: " + number.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(phone_suite)

BOOST_AUTO_TEST_CASE(one_number_has_one_form) {
  BOOST_TEST(phone("+1 (212) 555-1212") == "+12125551212");
  BOOST_TEST(phone("tel:+1-212-555-1212") == "+12125551212");
  BOOST_TEST(phone("0049 30 1234567") == "+49301234567");
  BOOST_TEST(phone("+49 (0)30 123 45 67") == "+49301234567");
  BOOST_TEST(phone("0049 (0)30/1234567") == "+49301234567");
  BOOST_TEST(phone("030 / 123.45.67") == "0301234567");
  BOOST_TEST(phone("(0)30 1234") == "0301234");
  BOOST_TEST(phone("＋４９ ３０ １２３４") == "+49301234");
  BOOST_TEST(phone("+٩٦٦ ۱۲۳") == "+966123");
  BOOST_TEST(phone("112") == "112");
}

BOOST_AUTO_TEST_CASE(extensions_are_cut_off) {
  for (const char* text : {"+1 212 555 1212 ext. 34", "+1 212 555 1212 x34", "+12125551212;ext=34",
                           "+1 212 555 1212 Extension 34", "+1 212 555 1212 #34"}) {
    BOOST_TEST(phone(text) == "+12125551212", text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_refused) {
  for (const char* wrong : {"", "12", "call me", "1-800-FLOWERS", "+1234567890123456", "+", "ext 34"}) {
    const auto number = omnicrm::normalize_phone(wrong);
    BOOST_TEST_CONTEXT(wrong) {
      BOOST_TEST_REQUIRE(!number.has_value());
      BOOST_TEST((number.error().code == omnicrm::ErrorCode::invalid_argument));
      BOOST_TEST(number.error().details == R"({"field":"phone"})");
    }
  }
  BOOST_TEST(!omnicrm::normalize_phone(std::string(300, ' ') + "12345").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
