// Sums of rows: the order does not matter, everything else does.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "copy/row_sum.hpp"

using omnicrm::copy::RowSum;

namespace {

RowSum sum_of(const std::vector<std::string>& rows) {
  RowSum sum;
  for (const std::string& row : rows) sum.add(row);
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(row_sum)

BOOST_AUTO_TEST_CASE(of_any_order) {
  std::vector<std::string> rows;
  for (int row = 0; row < 500; ++row) rows.push_back("row " + std::to_string(row));
  const RowSum expected = sum_of(rows);
  BOOST_TEST(expected.rows() == 500);
  std::mt19937_64 engine(3);
  for (int time = 0; time < 5; ++time) {
    std::shuffle(rows.begin(), rows.end(), engine);
    BOOST_TEST((sum_of(rows) == expected));
  }
}

BOOST_AUTO_TEST_CASE(tells_what_is_not_the_same) {
  const RowSum both = sum_of({"a", "b"});
  BOOST_TEST((both != sum_of({"a"})));
  BOOST_TEST((both != sum_of({"a", "c"})));
  BOOST_TEST((both != sum_of({"a", "b", "b"})));           // a row twice
  BOOST_TEST((sum_of({"a", "a"}) != sum_of({"b", "b"})));  // an exclusive or would not
  BOOST_TEST((sum_of({}) != sum_of({""})));
}

BOOST_AUTO_TEST_CASE(can_be_kept_half_way) {
  const RowSum half = sum_of({"a", "b"});
  auto again = RowSum::from_bytes(half.rows(), half.bytes());
  BOOST_REQUIRE(again.has_value());
  again->add("c");
  BOOST_TEST((*again == sum_of({"c", "a", "b"})));
  // SHA-256("abc"), the least byte first (FIPS 180-2, appendix B.1).
  BOOST_TEST(static_cast<unsigned char>(sum_of({"abc"}).bytes()[0]) == 0xBA);
  BOOST_TEST(!RowSum::from_bytes(1, "short").has_value());
  BOOST_TEST(!RowSum::from_bytes(-1, half.bytes()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
