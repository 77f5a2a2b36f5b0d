#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>

#include "parts/test_environment.hpp"
#include "repository/cursor.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;

BOOST_AUTO_TEST_SUITE(cursor)

BOOST_AUTO_TEST_CASE(values_come_back_in_their_types) {
  const ContactId id{Uuid{{1, 2, 3, 255, 0, 9}}};
  const std::string name("a\0b \xF0\x9F\x98\x80|\n", 10);
  const std::int64_t small = std::numeric_limits<std::int64_t>::min();
  const Timestamp at = from_micros(-5);
  const std::string text = make_cursor("contacts.list", small, name, id, at);
  const auto [a, b, c, d] =
      must(read_cursor<std::int64_t, std::string, ContactId, Timestamp>("contacts.list", text));
  BOOST_TEST(a == small);
  BOOST_TEST(b == name);
  BOOST_TEST((c == id));
  BOOST_TEST((d == at));
  BOOST_TEST(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_cursor_of_another_list_is_refused) {
  const std::string text = make_cursor("tags.list", std::string("x"), TagId{});
  const auto read = read_cursor<std::string, TagId>("segments.list", text);
  BOOST_TEST((code_of(read) == ErrorCode::invalid_argument));
  BOOST_TEST(read.error().message.starts_with("cursor: "));
}

BOOST_AUTO_TEST_CASE(every_changed_or_cut_cursor_is_refused) {
  const std::string text = make_cursor("list", std::int64_t{42}, std::string("name"));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!(read_cursor<std::int64_t, std::string>("list", changed)));
    BOOST_TEST(!(read_cursor<std::int64_t, std::string>("list", text.substr(0, i))));
  }
  BOOST_TEST(!(read_cursor<std::int64_t, std::string>("list", text + "A")));
  BOOST_TEST(!(read_cursor<std::int64_t, std::string>("list", text + "=")));
}

BOOST_AUTO_TEST_CASE(wrong_types_and_counts_are_refused) {
  const std::string text = make_cursor("list", std::int64_t{42});
  BOOST_TEST(!(read_cursor<std::string>("list", text)));
  BOOST_TEST(!(read_cursor<std::int64_t, std::int64_t>("list", text)));
  BOOST_TEST(!(read_cursor<>("list", text)));
}

BOOST_AUTO_TEST_CASE(noise_is_refused) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string noise(random() % 60, ' ');
    for (char& c : noise) c = static_cast<char>(random() % 256);
    BOOST_TEST(!(read_cursor<std::int64_t>("list", noise)));
  }
  BOOST_TEST(!(read_cursor<std::int64_t>("list", std::string(1 << 20, 'A'))));
}

BOOST_AUTO_TEST_CASE(limits_of_a_page) {
  BOOST_TEST(check_page({.limit = 1, .cursor = {}}).has_value());
  BOOST_TEST(check_page({.limit = 1000, .cursor = {}}).has_value());
  for (const std::int64_t limit : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1001}}) {
    BOOST_TEST((code_of(check_page({.limit = limit, .cursor = {}})) == ErrorCode::invalid_argument));
  }
}

BOOST_AUTO_TEST_SUITE_END()
