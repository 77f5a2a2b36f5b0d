#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "sync/normalize/html_brief.hpp"
#include "sync/normalize/mail_text.hpp"

using namespace omnicrm::sync;

namespace {

/// A character that runs are written with: a text that has it is parsed as it is.
constexpr std::string_view as_it_is = "<!--\U000F0000-->";

std::string brief(std::string_view html) {
  return std::string(HtmlBrief(html).html());
}

/// Anything that may meet in a mail, and some that should not.
class Html {
 public:
  explicit Html(unsigned seed) : random_(seed) {}

  std::string make() {
    std::string html;
    for (std::size_t i = 1 + random_() % 30; i > 0; --i) html += part();
    return html;
  }

 private:
  std::string part() {
    static const std::vector<std::string_view> texts{"hello world",
                                                     "a",
                                                     "  \n ",
                                                     "\r\n",
                                                     "one\r\ntwo three",
                                                     "\t x \f yy zz",
                                                     "&amp;",
                                                     "&nbsp;",
                                                     "&copy2024 x",
                                                     "&unknown; y",
                                                     "&#x20AC;",
                                                     "&#xF0001; private",
                                                     "&#983041;",
                                                     "a < b",
                                                     "a <",
                                                     "naïve café",
                                                     "zero\u200bwidth\u00a0sp",
                                                     "emoji \U0001F600 text",
                                                     "\x01 control",
                                                     "DEL \x7f",
                                                     "x\u0080y zz",
                                                     "<!-- c -->",
                                                     "<!-->",
                                                     "<!-- a --!> b -->",
                                                     "<!DOCTYPE x>",
                                                     "</>",
                                                     "<?php ?>",
                                                     "&",
                                                     "]]>",
                                                     "bytes \xE9 here"};
    static const std::vector<std::string_view> tags{
        "a",    "b",     "i",      "font",   "p",     "div",      "span",    "table", "tr",
        "td",   "tbody", "ul",     "li",     "br",    "hr",       "img",     "pre",   "blockquote",
        "h1",   "form",  "select", "option", "input", "textarea", "title",   "head",  "body",
        "html", "style", "script", "center", "image", "xmp",      "caption", "SVG",   "noframes"};
    static const std::vector<std::string_view> attributes{" href=\"http://x.org/a\"",
                                                          " href=http://y.org/b/",
                                                          " class=MsoNormal",
                                                          " style=\"display:none\"",
                                                          " style=\"dis play : none\"",
                                                          " style='color:red'",
                                                          " hidden",
                                                          " alt=\"A cat\"",
                                                          " width=1",
                                                          " face=\"Arial\"",
                                                          "/",
                                                          " title=\"a>b\"",
                                                          " title=\"<b>\"",
                                                          " x",
                                                          " =y",
                                                          " =\"q\"",
                                                          " a= b",
                                                          " title=\"open",
                                                          " style=\"display&#58;none\"",
                                                          " type=hidden"};
    if (random_() % 5 < 2) return std::string(pick(texts));
    std::string tag(pick(tags));
    if (random_() % 3 == 0) return "</" + tag + ">";
    tag.insert(0, "<");
    for (std::size_t i = random_() % 4; i > 0; --i) tag += pick(attributes);
    return tag + ">";
  }

  std::string_view pick(const std::vector<std::string_view>& list) { return list[random_() % list.size()]; }

  std::minstd_rand random_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(html_brief_suite)

BOOST_AUTO_TEST_CASE(the_brief_text_says_the_same) {
  Html html(11);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = html.make();
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST_REQUIRE(html_to_text(text) == html_to_text(std::string(as_it_is) + text));
    }
  }
}

BOOST_AUTO_TEST_CASE(words_and_unread_attributes_are_left_out) {
  BOOST_TEST(brief("<p align=left>one two  three</p>") == "<p>\U000F0000</p>");
  BOOST_TEST(brief("<a title=x href='y'>one</a>   \n  <i>twice</i>") ==
             "<a href='y'>one</a> <i>\U000F0000</i>");
  BOOST_TEST(brief("<font style='color:red' face=x>") == "<font>");
  BOOST_TEST(brief("<!-- long comment -->") == "<!---->");
  // Where blanks count they stay.
  BOOST_TEST(brief("<pre>\n\n  x</pre>") == "<pre>\n\n  x</pre>");
  BOOST_TEST(brief("several words &amp; more of them") == "\U000F0000 &amp; \U000F0001");
}

BOOST_AUTO_TEST_CASE(what_could_change_the_tree_stays) {
  for (const std::string_view html :
       {"<td style=\"display:none\">", "<b hidden>", "<img alt=\"a cat\" width=1>",
        "<input type=hidden name=x>", "<a title=\"a>b\">", "<a x=1 x=2>", "<body bgcolor=red>",
        "<svg><b x=y>words of it</b></svg>", "<p x=1>&#xF0000; words</p>", "<p x=1>bytes \xE9 here</p>",
        "<b title=\"open>"})
    BOOST_TEST(brief(html) == html);
}

BOOST_AUTO_TEST_CASE(more_runs_than_there_are_characters_for) {
  std::string html;
  for (int i = 0; i < 70'000; ++i) html += "<b>words " + std::to_string(i) + "</b> ";
  const HtmlBrief brief(html);
  BOOST_TEST(brief.html().find("<b>words 69999</b>") != std::string_view::npos);
  std::string buffer;
  BOOST_TEST(brief.expand("a \U000F0000 b \U000F0001", buffer) == "a words 0 b words 1");
}

BOOST_AUTO_TEST_SUITE_END()
