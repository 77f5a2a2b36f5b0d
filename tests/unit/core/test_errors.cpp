#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <memory>
#include <set>

#include "core/errors.hpp"

using omnicrm::Error;
using omnicrm::ErrorCode;
using omnicrm::Result;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return omnicrm::invalid("number", "is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  OMNICRM_ASSIGN(const int once, half(number));
  OMNICRM_TRY(half(once));
  return half(once);
}

Result<std::unique_ptr<int>> boxed(int number) {
  OMNICRM_ASSIGN(auto box, half(number).map([](int n) { return std::make_unique<int>(n); }));
  return box;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(errors_suite)

BOOST_AUTO_TEST_CASE(every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int code = 1; code <= 13; ++code) names.insert(to_string(static_cast<ErrorCode>(code)));
  BOOST_TEST(names.size() == 13U);
  BOOST_TEST(names.contains("failed_precondition"));
  BOOST_TEST(to_string(static_cast<ErrorCode>(99)) == "internal");
}

BOOST_AUTO_TEST_CASE(errors_say_what_and_why_to_people_and_programs) {
  const Error wrong = omnicrm::invalid("email", "has no @").value();
  BOOST_TEST(wrong.message == "email: has no @");
  BOOST_TEST(wrong.details == R"({"field":"email"})");
  BOOST_TEST(!wrong.retryable);

  const Error none = omnicrm::not_found("contact", "7\"x\xff").value();
  BOOST_TEST((none.code == ErrorCode::not_found));
  BOOST_TEST(none.message == "no contact 7\"x\xef\xbf\xbd");
  const auto parsed = boost::json::parse(none.details);
  BOOST_TEST(parsed.at("id").as_string() == "7\"x\xef\xbf\xbd");

  const Error cut = omnicrm::at_position(ErrorCode::data_loss, "/m.mbox", 17, "is cut off").value();
  BOOST_TEST(cut.message == "/m.mbox: at byte 17: is cut off");
  BOOST_TEST(boost::json::parse(cut.details).at("position").to_number<std::uint64_t>() == 17U);
}

BOOST_AUTO_TEST_CASE(only_what_passes_by_itself_is_retryable) {
  BOOST_TEST(omnicrm::failure(ErrorCode::unavailable, "x").value().retryable);
  BOOST_TEST(omnicrm::failure(ErrorCode::deadline_exceeded, "x").value().retryable);
  BOOST_TEST(!omnicrm::failure(ErrorCode::internal, "x").value().retryable);
  BOOST_TEST(!omnicrm::failure(ErrorCode::resource_exhausted, "x").value().retryable);
}

BOOST_AUTO_TEST_CASE(the_operating_systems_errors_have_codes) {
  const auto code = [](int number) { return omnicrm::system_failure(number, "reading", "/x").value().code; };
  BOOST_TEST((code(EACCES) == ErrorCode::permission_denied));
  BOOST_TEST((code(EPERM) == ErrorCode::permission_denied));
  BOOST_TEST((code(ENOSPC) == ErrorCode::resource_exhausted));
  BOOST_TEST((code(ENOENT) == ErrorCode::not_found));
  BOOST_TEST((code(EIO) == ErrorCode::unavailable));
  const Error full = omnicrm::system_failure(ENOSPC, "writing", "/tmp/crm.db").value();
  BOOST_TEST(full.message == "writing /tmp/crm.db: No space left on device");
  BOOST_TEST(full.needs_user);
  BOOST_TEST(!full.retryable);
  BOOST_TEST(omnicrm::system_failure(EIO, "reading", "/x").value().retryable);
}

BOOST_AUTO_TEST_CASE(the_short_ways_out_carry_the_error) {
  BOOST_TEST(quarter(12).value() == 3);
  BOOST_TEST(quarter(7).error().message == "number: is odd");
  BOOST_TEST(quarter(6).error().message == "number: is odd");
  BOOST_TEST(**boxed(8) == 4);
  BOOST_TEST(!boxed(1).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
