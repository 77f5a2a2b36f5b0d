#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "sync/normalize/mail_text.hpp"

using namespace omnicrm;
using namespace omnicrm::sync;

namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

void expect(std::string_view text, std::string_view body, std::string_view signature,
            std::string_view quoted) {
  const MailText split = split_mail_text(text);
  BOOST_TEST_CONTEXT("text:\n" << text) {
    BOOST_TEST(split.body == body);
    BOOST_TEST(split.signature == signature);
    BOOST_TEST(split.quoted == quoted);
  }
}

/// The lines that say something, sorted.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : text::split(text, '\n'))
    if (const std::string_view trimmed = text::trim(line); !trimmed.empty()) lines.emplace_back(trimmed);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html_to_text_suite)

BOOST_AUTO_TEST_CASE(blocks_become_lines) {
  BOOST_TEST(html_to_text("<p>one\n two</p><p>three</p>") == "one two\n\nthree");
  BOOST_TEST(html_to_text("<div>a</div><div><br></div><div>b<br>c</div>") == "a\n\nb\nc");
  BOOST_TEST(html_to_text("a<br><br><br><br>b") == "a\n\nb");
  BOOST_TEST(html_to_text("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>") == "1 2\n3");
  BOOST_TEST(html_to_text("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>") == "a\nb");
  BOOST_TEST(html_to_text("<pre>a\n  b\n\nc</pre>") == "a\n  b\n\nc");
  BOOST_TEST(html_to_text("x<hr>y") == "x\n---\ny");
}

BOOST_AUTO_TEST_CASE(lists_and_quotes_are_marked) {
  BOOST_TEST(html_to_text("<ul><li>a<li><p>b</p></ul>c") == "- a\n- b\n\nc");
  BOOST_TEST(html_to_text("x<blockquote><p>a</p><blockquote>b</blockquote></blockquote>y") ==
             "x\n\n> a\n>\n> > b\n\ny");
}

BOOST_AUTO_TEST_CASE(links_show_their_target_once) {
  BOOST_TEST(html_to_text("<a href='https://x.org/a'>here</a>.") == "here <https://x.org/a>.");
  BOOST_TEST(html_to_text("<a href='https://x.org/'>x.org</a>") == "x.org");
  BOOST_TEST(html_to_text("<a href='mailto:a@b'>me</a> <a href='#top'>up</a>") == "me up");
  BOOST_TEST(html_to_text("<a href='https://x.org'><img src=p.png></a>z") == "z");
}

BOOST_AUTO_TEST_CASE(what_is_not_to_be_read_vanishes) {
  BOOST_TEST(html_to_text("<head><title>t</title><style>p{}</style></head><script>x</script>a"
                          "<div style='DISPLAY: none'>preheader</div><p hidden>h</p><!-- c -->b") == "ab");
  BOOST_TEST(html_to_text("<img src=p.gif width=1 height=1 alt=track><img alt='A cat'>") == "A cat");
}

BOOST_AUTO_TEST_CASE(entities_and_odd_blanks_are_decoded) {
  BOOST_TEST(html_to_text("a&nbsp;&nbsp;b &eacute;&amp;&lt;&#x20AC;&hellip;&unknown;") ==
             "a b é&<€…&unknown;");
  BOOST_TEST(html_to_text("zero\xE2\x80\x8Bwidth") == "zero width");
}

BOOST_AUTO_TEST_CASE(broken_input_gives_valid_text) {
  BOOST_TEST(html_to_text("").empty());
  BOOST_TEST(html_to_text("a < b && c > d") == "a < b && c > d");
  BOOST_TEST(html_to_text("<p><b>x</p>y") == "x\n\ny");
  BOOST_TEST(text::is_utf8(html_to_text("caf\xE9 <p>\xFF\xFE")));
  BOOST_TEST(html_to_text("<div").empty());
  BOOST_TEST(html_to_text("<a title=\"x>y\">z</a>") == "z");
}

// Each of these took seconds, gigabytes or the stack of an HTML parser without limits.
BOOST_AUTO_TEST_CASE(hostile_documents_end) {
  BOOST_TEST(html_to_text(repeat("<div>", 10000) + "deep") == "deep");
  BOOST_TEST(html_to_text(repeat("<div>", 800000) + "deep") == "deep");
  BOOST_TEST(html_to_text(repeat("<div><textarea></div></textarea>", 10000) + "deep") == "deep");
  std::string formatting;
  for (int i = 0; i < 250; ++i) formatting += "<b id=" + std::to_string(i) + ">";
  BOOST_TEST(html_to_text(formatting + repeat("<p>x", 100000)).starts_with("x"));
  std::string attributes = "<a ";
  for (int i = 0; i < 60000; ++i) attributes += "a" + std::to_string(i) + " ";
  BOOST_TEST(html_to_text(attributes + ">x") == "x");
  // Over the size for a tree: tags are still taken out.
  BOOST_TEST(html_to_text(repeat("<p>word</p>", 100000)).starts_with("word\n"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(split_mail_text_suite)

BOOST_AUTO_TEST_CASE(a_text_without_quotes_stays) {
  expect("Hello,\n\nhow are you?\n", "Hello,\n\nhow are you?", "", "");
  expect("", "", "", "");
  expect("\n\n  \n", "", "", "");
  expect("From here on: nothing.\nOn the other side, he wrote.\n",
         "From here on: nothing.\nOn the other side, he wrote.", "", "");
}

BOOST_AUTO_TEST_CASE(a_quote_below_is_split_off_with_its_attribution) {
  expect("Yes.\n\nOn Thu, 22 Aug 2002, Jane wrote:\n> Really?\n> J.\n", "Yes.", "",
         "On Thu, 22 Aug 2002, Jane wrote:\n> Really?\n> J.");
  expect("Yes.\n\nOn Mon, Sep 2, 2002 at 10:00 AM Jane Doe <jane@example.org>\nwrote:\n\n> Really?\n", "Yes.",
         "", "On Mon, Sep 2, 2002 at 10:00 AM Jane Doe <jane@example.org>\nwrote:\n\n> Really?");
  expect("Yes.\n> Really?\n", "Yes.", "", "> Really?");
}

BOOST_AUTO_TEST_CASE(attributions_are_known_in_seven_languages) {
  for (const std::string line :
       {"On 22 Aug 2002, Jane wrote:", "Am 22.08.2002 um 10:00 schrieb Jane:",
        "Le 22 août 2002 à 10:00, Jane a écrit :", "El 22 ago 2002, Jane escribió:",
        "Il giorno 22 ago 2002, Jane ha scritto:", "Op 22 aug. 2002 schreef Jane:",
        "Em 22 de ago de 2002, Jane escreveu:", "Jane Doe <jane@example.org> writes:"})
    expect("Answer.\n\n" + line + "\n> Question?", "Answer.", "", line + "\n> Question?");
}

BOOST_AUTO_TEST_CASE(unmarked_quotes_are_split_off) {
  const std::string header =
      "From: Jane Doe\nSent: Monday, 2 September 2002\nTo: Me\nSubject: x\n\nQuestion?";
  expect("Answer.\n\n-----Original Message-----\n" + header, "Answer.", "",
         "-----Original Message-----\n" + header);
  expect("Answer.\n\n" + header, "Answer.", "", header);
  expect("Answer.\n\n________________________________\n" + header, "Answer.", "",
         "________________________________\n" + header);
  expect("Antwort.\n\nVon: Jane\nGesendet: Montag\nAn: Ich\nBetreff: x\n\nFrage?", "Antwort.", "",
         "Von: Jane\nGesendet: Montag\nAn: Ich\nBetreff: x\n\nFrage?");
  expect("FYI\n\nBegin forwarded message:\n\n> From: Jane\n", "FYI", "",
         "Begin forwarded message:\n\n> From: Jane");
}

BOOST_AUTO_TEST_CASE(interleaved_answers_keep_what_they_answer) {
  const std::string text = "Jane wrote:\n> One?\nFirst.\n> Two?\nSecond.";
  expect(text, text, "", "");
  expect(text + "\n> Three?\n", text, "", "> Three?");
}

BOOST_AUTO_TEST_CASE(a_quote_above_one_answer_is_split_off) {
  expect("On 22 Aug 2002, Jane wrote:\n> Really?\n\nYes.\n-- \nMe", "Yes.", "--\nMe",
         "On 22 Aug 2002, Jane wrote:\n> Really?");
}

BOOST_AUTO_TEST_CASE(signatures_are_split_off) {
  expect("Text.\n-- \nJane\nACME\n", "Text.", "--\nJane\nACME", "");
  expect("Text.\n\nBest regards,\nJane Doe\n+1 555 0100\n", "Text.", "Best regards,\nJane Doe\n+1 555 0100",
         "");
  expect("Text.\n\nMit freundlichen Grüßen\nJane\n", "Text.", "Mit freundlichen Grüßen\nJane", "");
  expect("Text.\n_______________________________________________\nlist mailing list\n", "Text.",
         "_______________________________________________\nlist mailing list", "");
  expect("Yes.\n\nThanks\n", "Yes.\n\nThanks", "", "");
  expect("Yes.\n-- \nMe\n\nOn 1 Aug 2002, Jane wrote:\n> Q\n> -- \n> J\n", "Yes.", "--\nMe",
         "On 1 Aug 2002, Jane wrote:\n> Q\n> --\n> J");
  expect("Yes.\n\n> Q?\n\n-- \nMe\n", "Yes.", "--\nMe", "> Q?");
}

BOOST_AUTO_TEST_CASE(no_line_is_lost_or_added) {
  const std::vector<std::string> pieces = {"Text one.",
                                           "> quoted",
                                           "-- ",
                                           "On 1 Aug 2002, Jane wrote:",
                                           "",
                                           "Best regards",
                                           "Jane",
                                           "From: a",
                                           "Date: b",
                                           "To: c",
                                           "--",
                                           "____________________",
                                           "-----Original Message-----"};
  std::uint32_t state = 7;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int line = 0; line < 12; ++line) {
      state = state * 1664525u + 1013904223u;
      text += pieces[(state >> 16) % pieces.size()] + "\n";
    }
    const MailText split = split_mail_text(text);
    BOOST_REQUIRE_MESSAGE(
        lines_of(split.body + "\n" + split.signature + "\n" + split.quoted) == lines_of(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
