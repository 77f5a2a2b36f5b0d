#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "observe/redact.hpp"

namespace {

using namespace omnicrm::observe;

const std::string canary = "q7Zt5canaryX9";

struct Case {
  std::string text;
  std::string without;  // the text with the mark in the secret's place
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redact)

BOOST_AUTO_TEST_CASE(names_of_secrets_are_known_however_they_are_written) {
  for (const std::string_view name :
       {"password",    "PASSWORD",      "db_password",  "newPassword",   "passwd",
        "secret",      "client_secret", "clientSecret", "token",         "access_token",
        "accessToken", "refresh-token", "id_token",     "Authorization", "proxy-authorization",
        "api_key",     "apiKey",        "x-api-key",    "cookie",        "Set-Cookie",
        "private_key", "credentials",   "pwd",          "passphrase"}) {
    BOOST_TEST(is_secret_name(name), name);
    BOOST_TEST(is_private_name(name), name);
  }
  for (const std::string_view name : {"body", "html", "body_text", "snippet", "payload"}) {
    BOOST_TEST(is_private_name(name), name);
    BOOST_TEST(!is_secret_name(name), name);
  }
  for (const std::string_view name :
       {"", "job", "kind", "user", "request", "trace_id", "tokens", "token_count", "total_tokens", "key",
        "attempt", "author", "content_type", "html_size", "passed"}) {
    BOOST_TEST(!is_private_name(name), name);
  }
  BOOST_TEST(is_secret_name(std::string(500, 'x') + "_password"));
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_secret_is_not_seen) {
  const std::string mark(redacted_mark);
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
  const std::vector<Case> cases = {
      {"password=" + canary, "password=" + mark},
      {"a=1 password='" + canary + " x' b=2", "a=1 password='" + mark + "' b=2"},
      {R"({"access_token":")" + canary + R"(","expires_in":3600})",
       R"({"access_token":")" + mark + R"(","expires_in":3600})"},
      {R"({"access_token" : "a\")" + canary + R"(","b":1})", R"({"access_token" : ")" + mark + R"(","b":1})"},
      {R"(said {\"refresh_token\":\")" + canary + R"(\"})",
       R"(said {\"refresh_token\":\")" + mark + R"(\"})"},
      {"Authorization: Bearer " + canary, "Authorization: Bearer " + mark},
      {"authorization: Basic " + canary + "==\r\nHost: x", "authorization: Basic " + mark + "\r\nHost: x"},
      {"sent bearer  " + canary + " to it", "sent bearer  " + mark + " to it"},
      {"X-Api-Key: " + canary, "X-Api-Key: " + mark},
      {"cookie: " + canary + "; path=/", "cookie: " + mark + "; path=/"},
      {"key sk-proj-" + canary + ", refused", "key " + mark + ", refused"},
      {"ghp_" + canary, mark},
      {"(xoxb-1-" + canary + ")", "(" + mark + ")"},
      {"AKIA" + canary, mark},
      {"AIza" + canary, mark},
      {"ya29.a0" + canary, mark},
      {"GOCSPX-" + canary, mark},
      {"refresh 1//0" + canary + "aaaaaaaaaa", "refresh " + mark},
      {"jwt " + jwt + ".", "jwt " + mark},
      {"postgresql://ada:" + canary + "@db:5432/crm", "postgresql://ada:" + mark + "@db:5432/crm"},
      {"postgresql://ada:p/" + canary + "@x@db/crm", "postgresql://ada:" + mark + "@db/crm"},
      {"https://user:" + canary + "@host/path?a=b", "https://user:" + mark + "@host/path?a=b"},
      {"https://" + canary + canary + "@host/", "https://" + mark + "@host/"},
      {"https://host/cb?code=1&access_token=" + canary + "&x=1",
       "https://host/cb?code=1&access_token=" + mark + "&x=1"},
      {"-----BEGIN RSA PRIVATE KEY-----\n" + canary + "\n-----END RSA PRIVATE KEY-----",
       "-----BEGIN RSA PRIVATE KEY-----" + mark + "-----END RSA PRIVATE KEY-----"},
      {"-----BEGIN PRIVATE KEY-----\n" + canary, "-----BEGIN PRIVATE KEY-----" + mark},
  };
  for (const Case& one : cases) {
    const auto clean = redacted(one.text);
    BOOST_REQUIRE_MESSAGE(clean.has_value(), one.text);
    BOOST_TEST(clean->find(canary) == std::string::npos, one.text);
    BOOST_TEST(*clean == one.without);
    BOOST_TEST(!redacted(*clean).has_value(), "again: " + *clean);
  }
}

BOOST_AUTO_TEST_CASE(a_secret_is_found_anywhere_and_more_than_once) {
  const auto clean = redacted("token=" + canary + " and password: " + canary + " and Bearer " + canary);
  BOOST_TEST(clean.value_or("") == "token=[redacted] and password: [redacted] and Bearer [redacted]");
  // Whatever stands around it.
  for (const std::string_view before :
       {"", " ", "\n", "\xc3\xa9", "x ", "\"", "'", "\\", "=", ":", "::", "--", "://"}) {
    for (const std::string_view after : {"", " ", "\n", "\"", "'", "\\", ",", "}", "@", "://"}) {
      const std::string text = std::string(before) + "api_key=" + canary + std::string(after);
      BOOST_TEST(redacted(text).value_or(text).find(canary) == std::string::npos, text);
    }
  }
}

BOOST_AUTO_TEST_CASE(ordinary_lines_stay_as_they_are) {
  for (const std::string_view text : {"",
                                      "job done",
                                      "cannot write to the queue: no space",
                                      "3 jobs of lost workers went back to the queue",
                                      "postgresql://ada@db:5432/crm",
                                      "http://localhost:8080/path",
                                      "http://host:8080/a@b",
                                      "12:30:01 began",
                                      "mail from ada@example.com",
                                      "Basic settings are fine",
                                      "risk-assessment",
                                      "task-12345678901",
                                      "eyJ",
                                      "sk-",
                                      "tokens=12 token_count: 5",
                                      "file:///tmp/a:b",
                                      "a://",
                                      "://",
                                      "=",
                                      ":",
                                      "password",
                                      "password=",
                                      "the secret",
                                      "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
                                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                      "0197a3b2-7c4d-7e5f-8a9b-0c1d2e3f4a5b"}) {
    BOOST_TEST(!redacted(text).has_value(), text << " -> " << redacted(text).value_or(""));
  }
}

BOOST_AUTO_TEST_CASE(any_bytes_are_read_to_their_end) {
  std::string bytes;
  std::uint32_t state = 1;
  constexpr std::string_view signs = "=:/@\"'\\ -.eyJskBbearer password=token://\n\xff";
  for (int round = 0; round < 20'000; ++round) {
    bytes.clear();
    for (int at = 0; at < 24; ++at) {
      state = state * 1'664'525U + 1'013'904'223U;
      bytes += signs[(state >> 16) % signs.size()];
    }
    const auto clean = redacted(bytes);
    if (clean) BOOST_TEST(clean->size() <= bytes.size() + 24 * redacted_mark.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
