// What the repositories say to SQLite and to PostgreSQL where they cannot say the same.
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "parts/test_environment.hpp"
#include "repository/dialect.hpp"
#include "repository/segment_filter.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_interactions.hpp"
#include "repository/text_words.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

constexpr storage::Dialect both[] = {storage::Dialect::sqlite, storage::Dialect::postgres};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for_each_text_word(text::fold(text), [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

/// Remembers what is bound.
class Notebook final : public storage::Statement {
 public:
  std::map<int, std::string> texts;
  int steps = 0;

  void bind_null(int) override {}
  void bind_int(int parameter, std::int64_t value) override { texts[parameter] = std::to_string(value); }
  void bind_real(int, double) override {}
  void bind_text(int parameter, std::string_view value) override { texts[parameter] = value; }
  void bind_blob(int parameter, std::span<const std::byte> value) override {
    texts[parameter].assign(reinterpret_cast<const char*>(value.data()), value.size());
  }
  Result<bool> step() override {
    ++steps;
    return false;
  }
  void reset() noexcept override {}
  [[nodiscard]] bool is_null(int) const override { return true; }
  [[nodiscard]] std::int64_t get_int(int) const override { return 0; }
  [[nodiscard]] double get_real(int) const override { return 0; }
  [[nodiscard]] std::string_view get_text(int) const override { return {}; }
  [[nodiscard]] std::span<const std::byte> get_blob(int) const override { return {}; }
};

/// A tsvector's binary form (tsvectorsend) as the server shows it. Checks what tsvectorrecv would refuse.
std::string as_shown(std::string_view bytes) {
  const auto number = [&](int size) {
    std::size_t value = 0;
    for (; size > 0; --size, bytes.remove_prefix(1))
      value = value << 8U | static_cast<unsigned char>(bytes[0]);
    return value;
  };
  std::string shown;
  std::string before;
  std::size_t stored = 0;
  for (std::size_t left = number(4); left > 0; --left) {
    const std::string word(bytes.substr(0, bytes.find('\0')));
    bytes.remove_prefix(word.size() + 1);
    BOOST_TEST_REQUIRE((before.empty() || before < word));
    before = word;
    shown += (shown.empty() ? "'" : " '") + word + "'";
    const std::size_t places = number(2);
    BOOST_TEST_REQUIRE(places < 256U);
    stored += word.size() + word.size() % 2 + (places == 0 ? 0 : 2 + 2 * places);
    for (std::size_t i = 0, last = 0; i < places; ++i) {
      const std::size_t place = number(2);
      BOOST_TEST_REQUIRE((place & 0x3FFFU) > last);
      last = place & 0x3FFFU;
      shown += (i == 0 ? ":" : ",") + std::to_string(last) + "DCBA"[place >> 14U];
    }
  }
  BOOST_TEST(bytes.empty());
  BOOST_TEST(stored < 1'048'576U);
  return shown;
}

std::string lexemes(const IndexedText& text) {
  Notebook notebook;
  must(postgres_repository.index_text(notebook, UserId{}, 7, text));
  BOOST_TEST(notebook.steps == 1);
  BOOST_TEST(notebook.texts[1] == "7");
  return as_shown(notebook.texts[2]);
}

std::string compiled(const std::string& filter, storage::Dialect dialect) {
  return must(compile_segment(Json{filter}, from_micros(0), dialect)).text();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dialects)

BOOST_AUTO_TEST_CASE(words_of_texts) {
  const auto check = [](std::string_view text, const std::vector<std::string>& expected) {
    BOOST_TEST(words_of(text) == expected, boost::test_tools::per_element());
  };
  check("", {});
  check("  ...  ", {});
  check("Re: 2nd note_two", {"re", "2nd", "note", "two"});
  check("\u201cQuoted\u201d \u2014 dashed\u2013word\u2026", {"quoted", "dashed", "word"});
  check("\u00c9ric\u00a0\u00c5str\u00f6m", {"eric", "astrom"});
  check("\u65e5\u672c\u3001\u5317\u4eac", {"\u65e5\u672c", "\u5317\u4eac"});
  check("a\U0001F600b", {"a", "b"});
  check(std::string(2000, 'x'), {std::string(500, 'x')});
}

BOOST_AUTO_TEST_CASE(a_text_as_lexemes) {
  const std::string user = "'u" + std::string(32, '0') + "'";
  BOOST_TEST(lexemes({}) == user);
  BOOST_TEST(lexemes({.subject = "Due date", .people = "Ada", .body = "due", .files = "a.pdf"}) ==
             "'a':8D 'ada':4B 'date':2A 'due':1A,6C 'pdf':9D " + user);
  // Nothing in a text can leave its quotes.
  BOOST_TEST(lexemes({.subject = "it's \\ 'x':1A", .people = {}, .body = {}, .files = {}}) ==
             "'1a':4A 'it':1A 's':2A " + user + " 'x':3A");
}

BOOST_AUTO_TEST_CASE(limits_of_a_tsvector) {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "w" + std::to_string(i) + ' ';
  const std::string words = lexemes({.subject = {}, .people = {}, .body = many, .files = {}});
  BOOST_TEST(words.find("'w19999':16381C") != std::string::npos);  // found, though no phrase knows its place
  // Nor is its place beside that of a word of another part, whose search finds it behind a long body.
  const std::string files = lexemes({.subject = {}, .people = {}, .body = many, .files = "w19999 w7"});
  BOOST_TEST(files.find("'w19999':16381C,16383D") != std::string::npos);
  BOOST_TEST(files.find("'w7':10C,16383D") != std::string::npos);
  std::string huge;
  for (int i = 0; i < 400'000; ++i) huge += std::to_string(i) + ' ';
  BOOST_TEST(lexemes({.subject = {}, .people = {}, .body = huge, .files = {}}).find("'1000'") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_long_text_keeps_its_last_words) {
  // 3 MB of a few words: it is their number that counts, not how often they are said.
  std::string body;
  for (int i = 0; i < 400'000; ++i) body += "again" + std::to_string(i % 20) + ' ';
  const std::string often =
      lexemes({.subject = {}, .people = {}, .body = body + "finally", .files = "again3 annex"});
  BOOST_TEST(often.find("'finally':16381C") != std::string::npos);
  BOOST_TEST(often.find("'annex':16383D") != std::string::npos);
  BOOST_TEST(often.find("C,16383D 'again4'") != std::string::npos);
  // Too many words for all their places: the places go first.
  body.clear();
  for (int i = 0; i < 60'000; ++i) body += "word" + std::to_string(i) + " word" + std::to_string(i) + ' ';
  const std::string many = lexemes({.subject = {}, .people = {}, .body = body + "finally", .files = {}});
  BOOST_TEST(many.find("'finally':16381C") != std::string::npos);
  BOOST_TEST(many.find("'word59999':16381C") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(contact_patterns) {
  BOOST_TEST(postgres_repository.contact_pattern(UserId{}, {"ann", "mary-lou"}) ==
             R"({"%mary-lou%","%ann%"})");
  // A short word takes the gap before it along; what LIKE and arrays know is escaped for both.
  BOOST_TEST(postgres_repository.contact_pattern(UserId{}, {"ad"}) == R"({"% ad%"})");
  BOOST_TEST(postgres_repository.contact_pattern(UserId{}, {"a"}) == R"({"%  a%"})");
  BOOST_TEST(postgres_repository.contact_pattern(UserId{}, {R"(50%_\"x)"}) == R"({"%50\\%\\_\\\\\"x%"})");
  BOOST_TEST(sqlite_repository.contact_pattern(UserId{}, {R"(a"b)"}).ends_with(R"(AND words : "a""b")"));
}

BOOST_AUTO_TEST_CASE(segments_differ_in_custom_fields_alone) {
  for (const char* filter :
       {R"({"field":"display_name","op":"contains","value":"x"})",
        R"({"field":"domain","op":"eq","value":"x.org"})",
        R"({"field":"created_at","op":"gt","value":"-30d"})", R"({"field":"tag","op":"ne","value":"x"})",
        R"({"not":{"field":"organization","op":"exists","value":false}})", "{}"}) {
    BOOST_TEST(compiled(filter, both[0]) == compiled(filter, both[1]));
  }
  const std::string number = R"({"field":"custom.size","op":"gt","value":5})";
  BOOST_TEST(compiled(number, both[0]).find("json_type(c.custom, ?) IN ('integer', 'real')") !=
             std::string::npos);
  BOOST_TEST(compiled(number, both[1]).find("= 'number'") != std::string::npos);
  for (const auto dialect : both) {
    for (const char* op : {"eq", "ne", "gt", "lte"}) {
      const std::string text =
          compiled(R"({"field":"custom.a","op":")" + std::string(op) + R"(","value":"evil"})", dialect);
      BOOST_TEST(text.find("evil") == std::string::npos, text);  // values are bound
    }
  }
}

BOOST_AUTO_TEST_CASE(custom_fields_compare_like_with_like) {
  TestEnvironment environment;
  SqlContacts contacts(environment.unit());
  const auto add = [&](std::string name, std::string custom) {
    Contact draft;
    draft.display_name = std::move(name);
    draft.custom = Json{std::move(custom)};
    must(contacts.create(draft));
  };
  add("number", R"({"size":7})");
  add("real", R"({"size":7.5})");
  add("text", R"({"size":"big"})");
  add("flag", R"({"size":true})");
  add("empty", R"({"size":""})");
  add("none", "{}");
  add("nul", R"({"size":"a\u0000b"})");
  const auto who = [&](const std::string& op, const std::string& value) {
    const std::string filter = R"({"field":"custom.size","op":")" + op + R"(","value":)" + value + "}";
    BoundSql sql;
    sql.add("SELECT c.display_name FROM contacts c WHERE c.user_id = ? AND ", environment.unit().user());
    sql.add(must(compile_segment(Json{filter}, {}, environment.unit().dialect()))).add(" ORDER BY 1");
    std::string names;
    must(environment.unit().read([&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(auto rows, sql.run(connection));
      names.clear();
      while (true) {
        OMNICRM_ASSIGN(const bool more, rows.next());
        if (!more) return {};
        names += (names.empty() ? "" : " ") + rows.template get<std::string>(0);
      }
    }));
    return names;
  };
  BOOST_TEST(who("gt", "5") == "number real");
  BOOST_TEST(who("eq", "7") == "number");
  BOOST_TEST(who("eq", "7.5") == "real");
  BOOST_TEST(who("in", "[1,7]") == "number");
  BOOST_TEST(who("eq", "true") == "flag");
  BOOST_TEST(who("eq", "false") == "");
  BOOST_TEST(who("eq", "\"big\"") == "text");
  BOOST_TEST(who("starts_with", "\"b\"") == "text");
  BOOST_TEST(who("ne", "\"big\"") == "empty flag none nul number real");
  BOOST_TEST(who("exists", "false") == "empty none");
}

BOOST_AUTO_TEST_CASE(a_nul_is_refused_wherever_it_would_be_stored) {
  TestEnvironment environment;
  SqlInteractions interactions(environment.unit());
  const std::string nul("a\0b", 3);
  Interaction draft;
  draft.kind = InteractionKind::note;
  draft.subject = "note";
  for (std::string Interaction::*text : {&Interaction::subject, &Interaction::body, &Interaction::quoted,
                                         &Interaction::location, &Interaction::thread_id}) {
    Interaction bad = draft;
    bad.*text = nul;
    const auto refused = interactions.create(bad);
    BOOST_TEST((code_of(refused) == ErrorCode::invalid_argument));
    BOOST_TEST(refused.error().message.find("NUL") != std::string::npos);
  }
  Interaction bad = draft;
  bad.participants.push_back({});
  bad.participants[0].name = nul;
  BOOST_TEST(interactions.create(bad).error().message == "participants[0].name: has a NUL character");
  must(interactions.create(draft));
}

BOOST_AUTO_TEST_SUITE_END()
