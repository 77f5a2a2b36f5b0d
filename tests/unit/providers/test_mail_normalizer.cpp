#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "core/text.hpp"
#include "file_items.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;

namespace {

sync::Normalized mail(const std::string& header, const std::string& body = "Hello\n",
                      const std::string& origin = "{}") {
  return normalize(item_of("message/rfc822", header + "\n" + body, origin));
}

Interaction one(const sync::Normalized& made) {
  BOOST_REQUIRE_EQUAL(made.interactions.size(), 1u);
  return made.interactions[0].interaction;
}

const std::string from = "From: Ada <ada@Example.org>\n";

std::string people_of(const Interaction& mail) {
  std::string out;
  for (const Participant& person : mail.participants) {
    out += std::to_string(static_cast<int>(person.role)) + ':' + person.address + ' ';
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_normalizer_suite)

BOOST_AUTO_TEST_CASE(a_message_becomes_an_interaction) {
  const auto made = mail(
      from +
          "To: Bob <bob@example.com>, BOB@example.com, undisclosed\nCc: carol@example.com\n"
          "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMessage-ID: <3@x>\nIn-Reply-To: <2@x>\n"
          "References: <1@x> <2@x>\nDate: Thu, 22 Aug 2002 12:36:23 +0100\nDelivered-To: Me@Example.org\n",
      "Yes.\n\n-- \nAda\n\nOn Thu, Bob wrote:\n> Really?\n");
  const Interaction got = one(made);
  BOOST_TEST((got.kind == InteractionKind::email));
  BOOST_TEST(got.subject == "Grüße");
  BOOST_TEST(got.body == "Yes.");
  BOOST_TEST(got.quoted.find("> Really?") != std::string::npos);
  BOOST_TEST(got.message_id == "3@x");
  BOOST_TEST(got.in_reply_to == "2@x");
  BOOST_TEST(got.thread_id == "1@x");
  BOOST_TEST(to_string(got.occurred_at) == "2002-08-22T11:36:23Z");
  BOOST_TEST(people_of(got) == "0:ada@example.org 2:bob@example.com 2:undisclosed 3:carol@example.com ");
  BOOST_TEST(got.participants[0].name == "Ada");
  BOOST_TEST(!got.is_bulk);
  BOOST_REQUIRE_EQUAL(made.facts.delivered_to.size(), 1u);
  BOOST_TEST(made.facts.delivered_to[0] == "me@example.org");
}

BOOST_AUTO_TEST_CASE(a_sender_counts_only_if_it_is_somebody_else) {
  BOOST_TEST(people_of(one(mail(from + "Sender: ada@example.org\n"))) == "0:ada@example.org ");
  BOOST_TEST(people_of(one(mail(from + "Sender: list@example.org\n"))) ==
             "0:ada@example.org 1:list@example.org ");
}

BOOST_AUTO_TEST_CASE(threads) {
  BOOST_TEST(one(mail(from + "X-GM-THRID: 17\nReferences: <1@x>\n")).thread_id == "gmail:17");
  BOOST_TEST(one(mail(from + "In-Reply-To: <2@x>\nMessage-ID: <3@x>\n")).thread_id == "2@x");
  BOOST_TEST(one(mail(from + "Message-ID: <3@x>\n")).thread_id == "3@x");
  BOOST_TEST(one(mail(from)).thread_id == "id@example.org");
  BOOST_TEST(one(mail(from + "References: <" + std::string(2000, 'x') + ">\n")).thread_id.size() < 100u);
}

BOOST_AUTO_TEST_CASE(the_time_is_that_of_receiving) {
  const std::string date = "Date: Thu, 22 Aug 2002 12:00:00 +0000\n";
  const std::string received = "Received: from a by b; Fri, 23 Aug 2002 01:00:00 +0000\n";
  const std::string near_by = R"({"envelope_date":"2002-08-22T20:00:00Z"})";
  const std::string far = R"({"envelope_date":"2002-08-29T20:00:00Z"})";
  const auto at = [](const sync::Normalized& made) { return to_string(one(made).occurred_at); };
  BOOST_TEST(at(mail(from + date + received, "x", near_by)) == "2002-08-23T01:00:00Z");
  BOOST_TEST(at(mail(from + date, "x", near_by)) == "2002-08-22T12:00:00Z");
  BOOST_TEST(at(mail(from + date, "x", far)) == "2002-08-29T20:00:00Z");
  BOOST_TEST(at(mail(from, "x", far)) == "2002-08-29T20:00:00Z");
  BOOST_TEST(at(mail(from + "Received: by b; Thu, 01 Jan 1970 00:00:00 +0000\n" + date)) ==
             "2002-08-22T12:00:00Z");
  const auto none = mail(from);
  BOOST_TEST(at(none) == "1970-01-01T00:00:00Z");
  BOOST_TEST(!none.facts.at.has_value());
}

BOOST_AUTO_TEST_CASE(sent_mail_is_known_by_label_or_folder) {
  for (const char* name : {"Sent", "Sent Items", "Gesendet", "Envoyés", "[Gmail]/Sent Mail",
                           "Éléments envoyés", "Archive/Sent"}) {
    BOOST_TEST(mail(from, "x", std::string(R"({"folder":")") + name + "\"}").facts.marked_sent, name);
  }
  BOOST_TEST(mail(from + "X-Gmail-Labels: Work,Sent\n").facts.marked_sent);
  for (const char* name : {"INBOX", "Sentinel", "Not sent yet"}) {
    BOOST_TEST(!mail(from, "x", std::string(R"({"folder":")") + name + "\"}").facts.marked_sent, name);
  }
  const Interaction labelled =
      one(mail(from + "X-Gmail-Labels: Work,\"a,b\"\n", "x", R"({"folder":"All mail"})"));
  BOOST_TEST(labelled.labels == (std::vector<std::string>{"Work", "a,b"}), boost::test_tools::per_element());
  BOOST_TEST(one(mail(from, "x", R"({"folder":"INBOX"})")).labels == (std::vector<std::string>{"INBOX"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bulk_mail) {
  for (const char* field : {"List-Id: <a.b>", "List-Unsubscribe: <mailto:x@y>", "Precedence: bulk",
                            "Precedence: LIST", "Precedence: junk", "Auto-Submitted: auto-replied (x)"}) {
    BOOST_TEST(one(mail(from + field + "\n")).is_bulk, field);
  }
  for (const char* field : {"Precedence: first-class", "Auto-Submitted: no"}) {
    BOOST_TEST(!one(mail(from + field + "\n")).is_bulk, field);
  }
  BOOST_TEST(mail(from + "Auto-Submitted: auto-generated\n").facts.auto_submitted);
  BOOST_TEST(!mail(from + "Auto-Submitted: auto-generated\n").facts.from_list);
}

BOOST_AUTO_TEST_CASE(html_counts_when_there_is_no_text) {
  const std::string html = "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n";
  BOOST_TEST(one(mail(from + html, "<p>Hello <b>you</b></p><script>x</script>")).body == "Hello you");
  const std::string both = "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n";
  const std::string parts =
      "--b\nContent-Type: text/plain\n\n \n\n--b\nContent-Type: text/html\n\n<p>From HTML</p>\n--b--\n";
  BOOST_TEST(one(mail(from + both, parts)).body == "From HTML");
}

BOOST_AUTO_TEST_CASE(attachments_become_documents) {
  const std::string mixed = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";
  const std::string notes(300'000, 'n');
  const auto made = mail(
      from + mixed,
      "--b\nContent-Type: text/plain\n\nBody\n--b\nContent-Type: text/plain; name=notes.txt\n"
      "Content-Disposition: attachment; filename=notes.txt\n\n" +
          notes +
          "\n--b\nContent-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n");
  const auto& documents = made.interactions[0].documents;
  BOOST_REQUIRE_EQUAL(documents.size(), 2u);
  BOOST_TEST(documents[0].filename == "notes.txt");
  BOOST_TEST(documents[0].content_type == "text/plain");
  BOOST_TEST(documents[0].size >= 300'000);
  BOOST_TEST(documents[0].text.size() == 262'144u);
  BOOST_TEST(documents[1].part == 1);
  BOOST_TEST(documents[1].size == 3);
  BOOST_TEST(documents[1].text.empty());
}

BOOST_AUTO_TEST_CASE(hostile_messages_end_well) {
  std::string nested = from + "MIME-Version: 1.0\n";
  for (int i = 0; i < 1000; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  nested += "Content-Type: text/plain\n\ndeep\n";
  BOOST_TEST(normalize(item_of("message/rfc822", nested)).interactions.size() == 1u);
  const auto odd = mail(from + "Subject: \xFF\xFE\nContent-Type: text/plain; charset=no-such\n",
                        std::string("a\0\xFF b\n", 6));
  BOOST_TEST(text::is_utf8(one(odd).body));
  BOOST_TEST(text::is_utf8(one(odd).subject));
  BOOST_TEST(one(odd).body.find('\0') == std::string::npos);
  std::string many = from + "To: ";
  for (int i = 0; i < 3000; ++i) many += "p" + std::to_string(i) + "@example.org,\n ";
  BOOST_TEST(one(mail(many + "z@example.org\n")).participants.size() == 500u);
  const sync::SourceItem none = item_of("message/rfc822", "no message at all");
  const sync::RawItem item = raw(none);
  BOOST_TEST(!normalizer_of("message/rfc822").facts(item).has_value());
  BOOST_TEST(!normalizer_of("message/rfc822").normalize(std::span(&item, 1), {}).has_value());
}

BOOST_AUTO_TEST_CASE(facts_are_those_of_normalizing_and_bytes_decide) {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(OMNICRM_FIXTURES) + "/mail")) {
    if (entry.path().extension() != ".eml") continue;
    const auto item = item_of("message/rfc822", fixture("mail/" + entry.path().filename().string()));
    const sync::RawItem one_item = raw(item);
    const auto made = normalize(item);
    BOOST_TEST(text_of(made, std::span(&one_item, 1)) == text_of(normalize(item), std::span(&one_item, 1)));
    const auto facts = normalizer_of("message/rfc822").facts(one_item);
    BOOST_REQUIRE(facts);
    BOOST_TEST(facts->title == made.facts.title);
    BOOST_TEST((facts->participants == made.facts.participants));
    BOOST_TEST((facts->at == made.facts.at));
  }
}

BOOST_AUTO_TEST_SUITE_END()
