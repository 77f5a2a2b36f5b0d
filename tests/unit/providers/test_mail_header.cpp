#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "providers/files/mail_message.hpp"

using namespace omnicrm;
using namespace omnicrm::files;

namespace {

MailHeader parse(std::string_view bytes) {
  auto header = parse_mail_header(bytes);
  BOOST_REQUIRE_MESSAGE(header.has_value(), (header ? "" : header.error().message));
  return *header;
}

std::string subject(const std::string& raw) {
  return parse("Subject: " + raw + "\n\n").subject;
}

/// "name|address" of each.
std::vector<std::string> to(const std::string& raw) {
  std::vector<std::string> out;
  for (const Mailbox& mailbox : parse("To: " + raw + "\n\n").to)
    out.push_back(mailbox.name + "|" + mailbox.address);
  return out;
}

std::string date(const std::string& raw) {
  const auto at = parse("Date: " + raw + "\n\n").date;
  return at ? to_string(*at) : "none";
}

using Strings = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_header_suite)

BOOST_AUTO_TEST_CASE(all_fields_are_read) {
  const MailHeader h = parse(
      "From jane@example.org Thu Aug 22 12:36:23 2002\r\n"
      "Delivered-To: me@example.com\r\nX-Original-To: <me@example.com>\r\nDelivered-To: old@example.com\r\n"
      "Received: from a (b) by c; Thu, 22 Aug 2002 07:36:16 -0400 (EDT)\r\n"
      "Received: from x by y; Thu, 22 Aug 2002 01:00:00 -0400\r\n"
      "MESSAGE-ID: <one@example.org>\r\nIn-Reply-To: Your message of Monday <two@example.org>\r\n"
      "References: <zero@example.org>\r\n <two@example.org> <zero@example.org>\r\n"
      "From: Jane Doe <jane@example.org>\r\nSender: s@example.org\r\nReply-To: r@example.org\r\n"
      "To: a@x, b@x\r\nCc: c@x\r\nBcc: d@x\r\nSubject: Hello\r\n\tthere\r\nDate: Thu, 22 Aug 2002 18:26:25 "
      "+0700\r\n"
      "List-Id: The list <list.example.org>\r\nList-Unsubscribe: <mailto:u@x>\r\nPrecedence: Bulk\r\n"
      "Auto-Submitted: Auto-Replied; x=y\r\nX-Gmail-Labels: Inbox,\"a, b\",=?UTF-8?Q?B=C3=BCro?=\r\n"
      "X-GM-THRID: 1234567890123456789\r\n\r\nbody");
  BOOST_TEST(h.message_id == "one@example.org");
  BOOST_TEST(h.in_reply_to == Strings{"two@example.org"}, boost::test_tools::per_element());
  BOOST_TEST(h.references == (Strings{"zero@example.org", "two@example.org"}),
             boost::test_tools::per_element());
  BOOST_TEST(h.subject == "Hello there");
  BOOST_TEST(to_string(*h.date) == "2002-08-22T11:26:25Z");
  BOOST_TEST(to_string(*h.received) == "2002-08-22T11:36:16Z");
  BOOST_REQUIRE_EQUAL(h.from.size(), 1u);
  BOOST_TEST(h.from[0].name == "Jane Doe");
  BOOST_TEST(h.from[0].address == "jane@example.org");
  BOOST_TEST((h.sender.size() == 1 && h.reply_to.size() == 1 && h.to.size() == 2 && h.cc.size() == 1 &&
              h.bcc.size() == 1));
  BOOST_TEST(h.list_id == "The list <list.example.org>");
  BOOST_TEST(h.list_unsubscribe);
  BOOST_TEST(h.precedence == "bulk");
  BOOST_TEST(h.auto_submitted == "auto-replied");
  BOOST_TEST(h.delivered_to == (Strings{"me@example.com", "old@example.com"}),
             boost::test_tools::per_element());
  BOOST_TEST(h.labels == (Strings{"Inbox", "a, b", "Büro"}), boost::test_tools::per_element());
  BOOST_TEST(h.gmail_thread_id == "1234567890123456789");
}

BOOST_AUTO_TEST_CASE(missing_fields_are_empty) {
  const MailHeader h = parse("X-Other: y\n\n");
  BOOST_TEST((h.message_id.empty() && h.subject.empty() && h.from.empty() && !h.date && !h.received));
  BOOST_TEST((!h.list_unsubscribe && h.labels.empty() && h.references.empty()));
}

BOOST_AUTO_TEST_CASE(encoded_words_are_decoded) {
  BOOST_TEST(subject("=?iso-8859-1?Q?caf=E9_au?= =?iso-8859-1?q?_lait?=") == "café au lait");
  BOOST_TEST(subject("=?UTF-8?B?4oKs?= 5") == "€ 5");
  // A character cut in two by the encoder, as many do.
  BOOST_TEST(subject("=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=") == "€");
  BOOST_TEST(subject("=?utf-8*en?q?a?=") == "a");
  BOOST_TEST(subject("=?koi8-r?B?8NLJ18XU?=") == "Привет");
}

BOOST_AUTO_TEST_CASE(broken_encoded_words_stay_readable) {
  BOOST_TEST(subject("=?utf-8?q?not closed") == "=?utf-8?q?not closed");
  BOOST_TEST(subject("=?utf-8?x?abc?=") == "=?utf-8?x?abc?=");
  BOOST_TEST(subject("=?no-such-charset?q?plain?=") == "plain");
  BOOST_TEST(subject("=?utf-8?q?bl ank?=").find("bl ank") != std::string::npos);
  BOOST_TEST(subject("caf\xE9") == "café");
  BOOST_TEST(subject("caf\xC3\xA9") == "café");
  BOOST_TEST(subject("a\t  b") == "a b");
}

BOOST_AUTO_TEST_CASE(addresses_are_read_in_every_form) {
  const auto is = [](const std::string& raw, const Strings& expected) {
    BOOST_TEST_CONTEXT(raw) BOOST_TEST(to(raw) == expected, boost::test_tools::per_element());
  };
  is("a@b.org", {"|a@b.org"});
  is("<a@b.org>", {"|a@b.org"});
  is("Jane Q. Doe <a@b.org>", {"Jane Q. Doe|a@b.org"});
  is("\"Doe, Jane\" <a@b.org>", {"Doe, Jane|a@b.org"});
  is("\"Jane \\\"JD\\\" Doe\" <a@b.org>", {"Jane \"JD\" Doe|a@b.org"});
  is("a@b.org (Jane Doe)", {"Jane Doe|a@b.org"});
  is("=?utf-8?q?J=C3=BCrgen?= <j@b.org>", {"Jürgen|j@b.org"});
  is("\"=?utf-8?q?J=C3=BCrgen?=\" <j@b.org>", {"Jürgen|j@b.org"});
  is("J\xFCrgen <j@b.org>", {"Jürgen|j@b.org"});
  is("a@b, \"x\" <c@d>,\n e@f", {"|a@b", "x|c@d", "|e@f"});
  is("undisclosed-recipients:;", {});
  is("Team: a@b, Bo <c@d>; e@f", {"|a@b", "Bo|c@d", "|e@f"});
  is("root", {"|root"});
  is("", {});
}

BOOST_AUTO_TEST_CASE(hostile_addresses_end) {
  // GMime descends a stack frame for each group that opens.
  std::string groups;
  for (int i = 0; i < 100000; ++i) groups += "a:";
  BOOST_TEST(to(groups + "x@y").size() <= 1u);
  BOOST_TEST(to(std::string(100000, '(')).empty());
  BOOST_TEST(to(std::string(100000, '<')).size() <= 1u);
}

BOOST_AUTO_TEST_CASE(dates_are_read_in_every_form) {
  BOOST_TEST(date("Thu, 22 Aug 2002 18:26:25 +0700") == "2002-08-22T11:26:25Z");
  BOOST_TEST(date("22 Aug 2002 18:26:25 -0330") == "2002-08-22T21:56:25Z");
  BOOST_TEST(date("Thu, 22 Aug 02 18:26 EST") == "2002-08-22T23:26:00Z");
  BOOST_TEST(date("22 Aug 98 18:26:25 PDT") == "1998-08-23T01:26:25Z");
  BOOST_TEST(date("Thu, 22 Aug 2002 18:26:25 GMT") == "2002-08-22T18:26:25Z");
  BOOST_TEST(date("Thu, 22 Aug 2002 18:26:25 +0200 (CEST)") == "2002-08-22T16:26:25Z");
  BOOST_TEST(date("Wed, 24 Jul 0102 21:48:06 +1200") == "2002-07-24T09:48:06Z");
  BOOST_TEST(date("Wed, 24 Jul 102 21:48:06 +1200") == "2002-07-24T09:48:06Z");
  BOOST_TEST(date("yesterday") == "none");
  BOOST_TEST(date("Thu, 99 Aug 2002 99:99:99 +0700") == "none");
}

BOOST_AUTO_TEST_CASE(message_ids_survive_their_mailers) {
  const auto ids = [](const std::string& raw) { return parse("References: " + raw + "\n\n").references; };
  BOOST_TEST(ids("<a@b><c@d>") == (Strings{"a@b", "c@d"}), boost::test_tools::per_element());
  BOOST_TEST(ids("<a@\n b>") == Strings{"a@b"}, boost::test_tools::per_element());
  BOOST_TEST(ids("a@b words") == Strings{"a@b"}, boost::test_tools::per_element());
  BOOST_TEST(ids("<never-closed@x") == Strings{"never-closed@x"}, boost::test_tools::per_element());
  BOOST_TEST(parse("Message-ID: no-brackets\n\n").message_id == "no-brackets");
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_fields_are_passed_over) {
  const MailHeader h =
      parse("\xEF\xBB\xBF\n>From somebody Mon\nSubject: one\n>From odd line\nX-A: b\nTo: a@b\n\nCc: c@d\n");
  BOOST_TEST(h.subject == "one");
  BOOST_TEST(h.to.size() == 1u);
  BOOST_TEST(h.cc.empty());
}

BOOST_AUTO_TEST_CASE(many_threads_may_parse_at_once) {
  std::vector<std::string> subjects(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& out : subjects)
      threads.emplace_back([&out] {
        for (int i = 0; i < 50; ++i) {
          const auto h =
              parse_mail_header("Subject: =?koi8-r?B?8NLJ18XU?=\nTo: =?utf-8?q?a?= <a@b>, c@d\n\n");
          if (h) out = h->subject;
        }
      });
  }
  for (const std::string& got : subjects) BOOST_TEST(got == "Привет");
}

BOOST_AUTO_TEST_SUITE_END()
