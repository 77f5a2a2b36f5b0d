#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "core/address.hpp"

using omnicrm::is_free_mail_domain;
using omnicrm::is_role_address;
using omnicrm::normalize_domain;
using omnicrm::parse_address;
using omnicrm::registrable_domain;

namespace {

std::string normalized(std::string_view text) {
  const auto address = parse_address(text);
  return address ? address->normalized : "refused: " + address.error().message;
}

std::string key(std::string_view text) {
  return parse_address(text).value().match_key;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_suite)

BOOST_AUTO_TEST_CASE(one_address_has_one_form) {
  BOOST_TEST(normalized("Ada.Lovelace@Example.ORG") == "ada.lovelace@example.org");
  BOOST_TEST(normalized("  <ada@example.org.> ") == "ada@example.org");
  BOOST_TEST(normalized("mailto:Ada@example.org?subject=hi") == "ada@example.org");
  BOOST_TEST(normalized("\"ada.l\"@example.org") == "ada.l@example.org");
  BOOST_TEST(normalized("\"ada l\"@example.org") == "\"ada l\"@example.org");
  BOOST_TEST(normalized("root@localhost") == "root@localhost");
  BOOST_TEST(normalized("a..b.@docomo.ne.jp") == "a..b.@docomo.ne.jp");
  BOOST_TEST(normalized("x@[192.0.2.1]") == "x@[192.0.2.1]");
  BOOST_TEST(normalized("MÜLLER@example.org") == "müller@example.org");
  BOOST_TEST(parse_address("Ada@Example.ORG")->domain == "example.org");
}

BOOST_AUTO_TEST_CASE(the_quick_way_reads_as_the_careful_one) {
  // In angle brackets an address always goes the careful way.
  constexpr std::string_view alphabet = "aZ09.-_+@!:[\" \xc3\xa9";
  std::minstd_rand random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(1 + random() % 4, 'x');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    text += '@';
    for (std::size_t i = random() % 6; i > 0; --i) text += alphabet[random() % alphabet.size()];
    const auto quick = parse_address(text);
    const auto careful = parse_address('<' + text + '>');
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST_REQUIRE(quick.has_value() == careful.has_value());
      if (quick) BOOST_TEST((*quick == *careful));
    }
  }
  for (const std::size_t length : {63U, 64U, 255U, 256U}) {
    const std::string x(length, 'x');
    for (const std::string& text : {x + "@example.org", "a@" + x + ".org", "a@" + x}) {
      BOOST_TEST(parse_address(text).has_value() == parse_address('<' + text + '>').has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(both_forms_of_an_international_domain_are_one) {
  BOOST_TEST(normalized("a@bücher.example") == "a@xn--bcher-kva.example");
  BOOST_TEST(normalized("a@BU\xcc\x88"
                        "CHER.example") == "a@xn--bcher-kva.example");  // decomposed
  BOOST_TEST(normalized("a@XN--BCHER-KVA.example") == "a@xn--bcher-kva.example");
  BOOST_TEST(normalized("a@例え.テスト") == "a@xn--r8jz45g.xn--zckzah");
  BOOST_TEST(normalized("a@straße.de") == "a@xn--strae-oqa.de");
  BOOST_TEST(normalized("a@faß。de") == normalized("a@faß.de"));  // ideographic full stop
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused_with_its_reason) {
  for (const char* wrong :
       {"", "ada", "@example.org", "ada@", "ada@.org", "ada@exa mple.org", "ada@-x.org", "a b@example.org",
        "a,b@example.org", "a<b@example.org", "\"\"@example.org", "a@example..org", "a@exam\xffple.org",
        "\xff@example.org", "a@xn--\xc3\x28.org"}) {
    const auto address = parse_address(wrong);
    BOOST_TEST_CONTEXT(wrong) {
      BOOST_TEST_REQUIRE(!address.has_value());
      BOOST_TEST((address.error().code == omnicrm::ErrorCode::invalid_argument));
      BOOST_TEST(address.error().message.starts_with("email: "));
      BOOST_TEST(address.error().details == R"({"field":"email"})");
    }
  }
  BOOST_TEST(!parse_address(std::string(256, 'x') + "@example.org").has_value());
  BOOST_TEST(parse_address(std::string(255, 'x') + "@example.org").has_value());
  BOOST_TEST(!parse_address("x@" + std::string(64, 'x') + ".org").has_value());
  BOOST_TEST(!parse_address(std::string("a\0b@example.org", 15)).has_value());
}

BOOST_AUTO_TEST_CASE(matching_folds_tags_and_the_dots_of_gmail) {
  BOOST_TEST(key("A.d.a+list@GoogleMail.com") == "ada@gmail.com");
  BOOST_TEST(key("ada@gmail.com") == "ada@gmail.com");
  BOOST_TEST(key("a.da+news@example.org") == "a.da@example.org");  // elsewhere a dot tells people apart
  BOOST_TEST(key("+news@example.org") == "+news@example.org");
  BOOST_TEST(key("...@gmail.com") == "...@gmail.com");
  BOOST_TEST(key("\"a+b c\"@example.org") == "\"a+b c\"@example.org");
}

BOOST_AUTO_TEST_CASE(the_registrable_domain_follows_the_public_suffix_list) {
  BOOST_TEST(registrable_domain("mail.Example.co.uk").value_or("") == "example.co.uk");
  BOOST_TEST(registrable_domain("example.org").value_or("") == "example.org");
  BOOST_TEST(registrable_domain("a.b.city.kawasaki.jp").value_or("") ==
             "city.kawasaki.jp");  // an exception rule
  BOOST_TEST(registrable_domain("www.bücher.de").value_or("") == "xn--bcher-kva.de");
  for (const char* none : {"co.uk", "org", "localhost", "", "192.0.2.1", "[192.0.2.1]", "a..b"}) {
    BOOST_TEST(!registrable_domain(none).has_value(), none);
  }
}

BOOST_AUTO_TEST_CASE(free_mail_says_nothing_about_an_employer) {
  for (const char* free :
       {"gmail.com", "GoogleMail.com", "yahoo.co.jp", "yahoo.de", "hotmail.fr", "outlook.com.br", "gmx.net",
        "web.de", "icloud.com", "aol.com", "proton.me", "live.co.uk", "qq.com"}) {
    BOOST_TEST(is_free_mail_domain(free), free);
  }
  for (const char* employer : {"example.org", "corp.yahoo.com", "yahoo-inc.com", "gmail.example.org", "aol",
                               "", "notgmail.com", "outlook.example.com", "gmx"}) {
    BOOST_TEST(!is_free_mail_domain(employer), employer);
  }
}

BOOST_AUTO_TEST_CASE(robots_are_known_by_whole_words) {
  for (const char* robot : {"noreply",
                            "no-reply",
                            "No_Reply",
                            "no.reply",
                            "DoNotReply",
                            "do-not-reply",
                            "do_not.reply",
                            "mailer-daemon",
                            "MAILER-DAEMON",
                            "postmaster",
                            "bounce",
                            "bounces",
                            "bounces+42-ada=example.org",
                            "notifications",
                            "majordomo",
                            "listserv",
                            "owner-users",
                            "users-owner",
                            "exmh-users-request",
                            "exmh-users-bounces",
                            "bounce-123-45",
                            "drive-shares-noreply",
                            "no-reply-aws",
                            "noreply+abc",
                            "calendar-notification"}) {
    BOOST_TEST(is_role_address(robot), robot);
  }
  for (const char* person :
       {"newsom",   "noreplyer", "bouncer",    "ada",    "reply",   "no",       "request",
        "owner",    "postma",    "info",       "sales",  "support", "rootes",   "listera",
        "alertson", "do.reply",  "noel.reply", "donnot", "",        "-request", "botha"}) {
    BOOST_TEST(!is_role_address(person), person);
  }
}

BOOST_AUTO_TEST_SUITE_END()
