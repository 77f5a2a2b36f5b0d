// One query, two indexes: what FTS5 and what PostgreSQL's text search are asked.
#include <boost/test/unit_test.hpp>
#include <string>

#include "insight/text_match.hpp"

using namespace omnicrm;
using namespace omnicrm::insight;

namespace {

ParsedQuery parsed(std::string_view text) {
  auto query = parse_query(text);
  BOOST_REQUIRE_MESSAGE(query, text);
  return std::move(*query);
}

std::string any(std::string_view text) {
  return tsquery_expression(parsed(text), false);
}
std::string best(std::string_view text) {
  return tsquery_expression(parsed(text), true);
}

const UserId ada{{.bytes = {0x0a, 0xda}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(text_match)

BOOST_AUTO_TEST_CASE(words_phrases_and_prefixes) {
  BOOST_TEST(any("Invoice") == "('invoice')");
  BOOST_TEST(any("due date") == "('due') & ('date')");
  BOOST_TEST(any("\"due date\"") == "('due' <-> 'date')");
  BOOST_TEST(any("cafe*") == "('cafe':*)");
  BOOST_TEST(any("\"due dat\"") == "('due' <-> 'dat')");
  BOOST_TEST(any("a -b") == "('a') & !('b')");
}

BOOST_AUTO_TEST_CASE(weights_say_where) {
  BOOST_TEST(best("perl") == "('perl':AB)");
  BOOST_TEST(best("cafe*") == "('cafe':*AB)");
  BOOST_TEST(best("\"due date\"") == "('due':AB <-> 'date':AB)");
  BOOST_TEST(best("a -b") == "('a':AB) & !('b')");  // what is left out is left out anywhere
  BOOST_TEST(any("subject:perl") == "('perl':A)");
  BOOST_TEST(best("subject:perl") == "('perl':A)");
  BOOST_TEST(any("from:ada with:bob@x.org") == "('ada':B) & ('bob':B <-> 'x':B <-> 'org':B)");
  BOOST_TEST(any("type:email") == "");
}

BOOST_AUTO_TEST_CASE(words_are_split_as_the_index_splits_them) {
  // Quotes and dashes of other scripts belong to no word; letters and marks of all scripts do.
  BOOST_TEST(any("\u201cperl\u201d") == "('perl')");
  BOOST_TEST(any("on\u2014off") == "('on' <-> 'off')");
  BOOST_TEST(any("\u65e5\u672c") == "('\u65e5\u672c')");
  BOOST_TEST(any("Caf\u00e9") == "('cafe')");
  // Nothing that a word consists of: found nowhere, not everywhere.
  BOOST_TEST(any("\u2014") == "' '");
  BOOST_TEST(any("a \u2014") == "('a') & ' '");
}

BOOST_AUTO_TEST_CASE(nothing_ends_the_quotes) {
  for (const std::string text :
       {R"("unclosed)", "a' | 'b", "a:AB & b", "!(x)", "<-> y", R"(a\' b)", "a* *", "''", "{u} : x"}) {
    const auto query = parse_query(text);
    if (!query) continue;
    for (const bool in_best : {false, true}) {
      const std::string expression = tsquery_expression(*query, in_best);
      int quotes = 0;
      bool inside = false;
      for (const char c : expression) {
        if (c == '\'') ++quotes, inside = !inside;
        const bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == ' ' || c == '\'';
        BOOST_TEST((!inside || is_word), expression);
        BOOST_TEST((inside || std::string_view("()&!:*AB<-> '").find(c) != std::string_view::npos),
                   expression);
      }
      BOOST_TEST(quotes % 2 == 0, expression);
    }
  }
}

BOOST_AUTO_TEST_CASE(each_storage_is_asked_in_its_own_way) {
  const TextRange range{.below = 9, .from = 5, .at_once = 20};
  const auto fts5 = text_index(storage::Dialect::sqlite);
  BOOST_TEST(fts5.is_lazy);
  const TextMatch on_sqlite = fts5.match(parsed("a"), ada, TextTier::any, range);
  BOOST_TEST(on_sqlite.place == "t.rowid");
  BOOST_TEST(on_sqlite.sql.text() ==
             " FROM interaction_text t CROSS JOIN interactions i ON i.seq = t.rowid WHERE interaction_text "
             "MATCH ? AND t.rowid < ? AND t.rowid >= ? AND i.user_id = ?");
  const auto tsvector = text_index(storage::Dialect::postgres);
  BOOST_TEST(!tsvector.is_lazy);
  const TextMatch on_postgres = tsvector.match(parsed("a"), ada, TextTier::rest, range);
  BOOST_TEST(on_postgres.place == "t.seq");
  BOOST_TEST(on_postgres.sql.text() ==
             " FROM omnicrm_text_places(CAST(? AS tsquery), ?, ?, ?) AS t (seq) LEFT JOIN interactions i ON "
             "i.user_id = ? AND i.seq = t.seq");
}

BOOST_AUTO_TEST_SUITE_END()
