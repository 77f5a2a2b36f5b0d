#include <boost/test/unit_test.hpp>
#include <string>

#include "insight/search_query.hpp"
#include "insight/snippet.hpp"
#include "insight/text_match.hpp"

using namespace omnicrm;
using namespace omnicrm::insight;

namespace {

ParsedQuery parsed(std::string_view text) {
  auto query = parse_query(text);
  BOOST_REQUIRE_MESSAGE(query.has_value(), (query ? "" : query.error().message));
  return *query;
}

std::string refusal(std::string_view text) {
  const auto query = parse_query(text);
  BOOST_REQUIRE_MESSAGE(!query, text);
  BOOST_TEST((query.error().code == ErrorCode::invalid_argument));
  return query.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(search_query)

BOOST_AUTO_TEST_CASE(words_phrases_prefixes_and_negatives) {
  const ParsedQuery query = parsed(R"(Invoice "due Date" remind* -spam)");
  BOOST_REQUIRE(query.terms.size() == 4U);
  BOOST_TEST(query.terms[0].words.front() == "invoice");
  BOOST_TEST(query.terms[1].words.size() == 2U);
  BOOST_TEST(query.terms[1].words[1] == "date");
  BOOST_TEST(query.terms[2].prefix);
  BOOST_TEST(query.terms[3].negative);
}

BOOST_AUTO_TEST_CASE(filters) {
  const ParsedQuery query = parsed(
      R"(from:ada@example.org with:"Grace Hopper" type:meeting after:2002-08-01 before:2002-09-01T12:00:00Z tag:VIP)");
  BOOST_TEST(query.from.front() == "ada@example.org");
  BOOST_TEST(query.with.front() == "grace hopper");
  BOOST_TEST((query.kinds.front() == InteractionKind::meeting));
  BOOST_TEST(to_string(*query.after) == "2002-08-01T00:00:00Z");
  BOOST_TEST(to_string(*query.before) == "2002-09-01T12:00:00Z");
  BOOST_TEST(query.tags.front() == "vip");
  BOOST_TEST(query.terms.empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_is_no_filter_is_a_word) {
  const ParsedQuery query = parsed("http://example.org");
  BOOST_REQUIRE(query.terms.size() == 1U);
  BOOST_TEST(query.terms[0].words.size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_is_not_understood_is_said) {
  BOOST_TEST(refusal("type:letter").find("email, meeting") != std::string::npos);
  BOOST_TEST(refusal("after:yesterday").find("2002-08-22") != std::string::npos);
  BOOST_TEST(refusal("ab*").find("three letters") != std::string::npos);
  BOOST_TEST(refusal("").find("needs a word") != std::string::npos);
  BOOST_TEST(refusal("  ... ").find("needs a word") != std::string::npos);
  BOOST_TEST(refusal("-spam").find("must occur") != std::string::npos);
  BOOST_TEST(refusal("from:").find("needs a value") != std::string::npos);
  BOOST_TEST(refusal("-from:ada").find("left out") != std::string::npos);
  BOOST_TEST(refusal("a\xff").find("UTF-8") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_query_can_leave_its_quotes) {
  for (const std::string text :
       {R"("unclosed)", R"(a" OR u:"x)", "NEAR(a b)", "a AND NOT b", "* ^a", "{u} : x", "a\"\"b"}) {
    const auto query = parse_query(text);
    if (!query) continue;
    const std::string expression = fts5_expression(*query, "u00", false);
    int quotes = 0;
    for (char c : expression) quotes += c == '"';
    BOOST_TEST(quotes % 2 == 0, expression);
    BOOST_TEST(expression.find("{u} : \"u00\"") != std::string::npos, expression);
    // Between the quotes stand letters, digits and spaces alone.
    bool inside = false;
    for (char c : expression) {
      if (c == '"') inside = !inside;
      if (inside && c != '"')
        BOOST_TEST((c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')), expression);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_users_scope_is_always_inside_the_expression) {
  BOOST_TEST(fts5_expression(parsed("a -b"), "u7", false) ==
             R"(({u} : "u7" AND {subject people body files} : "a") NOT {subject people body files} : "b")");
  BOOST_TEST(fts5_expression(parsed("a"), "u7", true) == R"({u} : "u7" AND {subject people} : "a")");
  BOOST_TEST(fts5_expression(parsed("subject:a from:ada"), "u7", false) ==
             R"({u} : "u7" AND {subject} : "a" AND {people} : "ada")");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(snippets)

BOOST_AUTO_TEST_CASE(matches_are_marked_whatever_their_case_and_accents) {
  const auto terms = parsed("cafe").terms;
  BOOST_TEST(make_snippet("We meet at the Café tomorrow", terms) == "We meet at the ⟦Café⟧ tomorrow");
  BOOST_TEST(make_snippet("CAFE, cafeteria", terms) == "⟦CAFE⟧, cafeteria");
  BOOST_TEST(make_snippet("a Cafeteria", parsed("cafe*").terms) == "a ⟦Cafeteria⟧");
}

BOOST_AUTO_TEST_CASE(phrases_are_marked_as_a_whole) {
  BOOST_TEST(make_snippet("the due\n date and date", parsed(R"("due date")").terms) ==
             "the ⟦due date⟧ and date");
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut_around_the_match) {
  const std::string text = std::string(1000, 'x') + " before the needle after " + std::string(1000, 'y');
  const std::string snippet = make_snippet(text, parsed("needle").terms);
  BOOST_TEST(snippet.find("before the ⟦needle⟧ after") != std::string::npos);
  BOOST_TEST(snippet.starts_with("…"));
  BOOST_TEST(snippet.ends_with("…"));
  BOOST_TEST(snippet.size() < 300U);
}

BOOST_AUTO_TEST_CASE(cuts_never_split_a_character) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "日本語";
  text += " needle";
  const std::string snippet = make_snippet(text, parsed("needle").terms);
  BOOST_TEST(snippet.find("⟦needle⟧") != std::string::npos);
  for (std::size_t at = 0; at < snippet.size(); ++at) {
    if (at == 0) BOOST_TEST((static_cast<unsigned char>(snippet[at]) & 0xC0) != 0x80);
  }
  BOOST_TEST(snippet.find("\xEF\xBF\xBD") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_match_the_beginning_is_shown) {
  BOOST_TEST(make_snippet("Nothing of it here", parsed("needle").terms) == "Nothing of it here");
  BOOST_TEST(make_snippet("", parsed("needle").terms).empty());
  BOOST_TEST(!contains_term("Nothing", parsed("needle").terms));
  BOOST_TEST(contains_term("The Needle.", parsed("needle").terms));
}

BOOST_AUTO_TEST_SUITE_END()
