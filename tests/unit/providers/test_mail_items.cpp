#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "core/sha256.hpp"
#include "file_items.hpp"
#include "providers/files/mail_message.hpp"
#include "providers/files/mail_message_id.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;

namespace {

const std::string envelope = "From ada@example.org Thu Aug 22 12:36:23 2002\n";

std::string message(const std::string& id, const std::string& body = "Hello\n") {
  return "From: ada@example.org\nSubject: hello\nMessage-ID: <" + id + ">\n\n" + body;
}

std::vector<std::string> mail_fixtures() {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(OMNICRM_FIXTURES) + "/mail")) {
    if (entry.path().extension() == ".eml")
      texts.push_back(fixture("mail/" + entry.path().filename().string()));
  }
  return texts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_items_suite)

BOOST_AUTO_TEST_CASE(the_quick_message_id_is_the_header_parsers) {
  std::vector<std::string> texts = mail_fixtures();
  BOOST_REQUIRE_GE(texts.size(), 15u);
  for (const char* field :
       {"Message-ID: <a@b>", "message-id:<a@b>", "MESSAGE-ID : <a@b>", "Message-ID:\n <a@b>",
        "Message-ID:\r\n\t<a@b>\r", "Message-ID: a@b", "Message-ID: <a b@c>", "Message-ID: <a@b> (comment)",
        "Message-ID: <a@b", "Message-ID:", "Message-IDs: <a@b>", "X-Message-ID: <a@b>",
        "Mess: x\nMessage-ID: <a@b>", "Message-ID: <a@b>\nMessage-ID: <c@d>", "Message-ID: <\"a b\"@c>",
        "Message-ID: <a@b\xFF>", "Message-ID: <>"}) {
    texts.push_back(std::string("From: x@y\nSubject: s\n") + field +
                    "\nDate: Thu, 22 Aug 2002 12:36:23 +0000\n\nbody\n");
    texts.push_back(std::string(field) + "\nFrom: x@y\n\nMessage-ID: <body@b>\n");
    texts.push_back(std::string("\xEF\xBB\xBF") + field + "\nFrom: x@y\n\nbody");
    texts.push_back(std::string("From: x@y\n") + field);
  }
  for (const std::string& text : texts) {
    const auto header = files::parse_mail_header(text);
    if (header) BOOST_TEST(files::mail_message_id(text) == header->message_id, text);
  }
}

BOOST_AUTO_TEST_CASE(an_address_inside_a_broken_message_id_is_not_the_id) {
  // As "CL Mailer" wrote it: what stands in front of the address tells its messages apart.
  const auto id = [](std::string_view unique) {
    return files::mail_message_id("From: x@y\nMessage-Id: <" + std::string(unique) +
                                  ".\"Super Signal\"<service@example.org>>\n\nbody\n");
  };
  BOOST_TEST(id("4TGX9R3Y3.01O79") == "4TGX9R3Y3.01O79.\"SuperSignal\"");
  BOOST_TEST(id("4TGX9R3Y3.01O79") != id("4TGX9R3Y3.01O79.copy1"));
}

BOOST_AUTO_TEST_CASE(an_mbox_gives_messages_without_envelopes_and_quotes) {
  FileFolder folder;
  const std::string quoted = message("2@x", ">From the start\n>>From twice\n");
  folder.write("Sent.mbox", envelope + message("1@x") + "\n" + envelope + quoted + "\n" +
                                "From x Thu Feb 31 12:00:00 2002\nSubject: no id\nFrom: b@c\n\nx\n");
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST(items[0].service == "mail");
  BOOST_TEST(items[0].content_type == "message/rfc822");
  BOOST_TEST(items[0].source_id == "1@x");
  BOOST_TEST(items[0].payload == message("1@x"));
  BOOST_TEST(items[0].origin.text ==
             "{\"path\":" + json_text(folder.file("Sent.mbox")) +
                 R"(,"position":0,"folder":"Sent","envelope_date":"2002-08-22T12:36:23Z"})");
  BOOST_TEST(items[1].payload == message("2@x", "From the start\n>From twice\n"));
  BOOST_TEST(items[2].source_id == "sha256:" + sha256_hex(items[2].payload));
  BOOST_TEST(items[2].origin.text.find("envelope_date") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(long_and_unreadable_ids_become_hashes) {
  FileFolder folder;
  folder.write("1.eml", message(std::string(901, 'x')));
  folder.write("2.eml", message("a\xFF@b"));
  folder.write("3.eml", message(std::string(900, 'y')));
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST(items[0].source_id == "sha256:" + sha256_hex(std::string(901, 'x')));
  BOOST_TEST(items[1].source_id.size() < 100u);
  BOOST_TEST(items[2].source_id == std::string(900, 'y'));
}

BOOST_AUTO_TEST_CASE(a_thirty_megabyte_message_is_skipped_by_its_name) {
  FileFolder folder;
  const std::string large = message("large@x", std::string(31'457'280, 'x') + "\n");
  folder.write("a.mbox",
               envelope + message("1@x") + "\n" + envelope + large + "\n" + envelope + message("2@x"));
  folder.write("large.eml", large);
  folder.write("no-id.eml", "From: a@b\nSubject: s\n\n" + std::string(30u << 20, 'x'));
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 5u);
  for (const std::size_t at : {std::size_t{0}, std::size_t{3}}) {
    BOOST_TEST((items[at].state == RawEventState::skipped));
    BOOST_TEST(items[at].source_id == "large@x");
    BOOST_TEST(items[at].payload.empty());
    BOOST_TEST(items[at].reason ==
               "too_large: " + std::to_string(items[at].size) + " bytes, the cap is 26214400");
    BOOST_TEST(items[at].size > 31'457'280);
  }
  BOOST_TEST((items[1].state == RawEventState::skipped));
  BOOST_TEST(items[1].source_id.starts_with("sha256:"));
  BOOST_TEST(items[2].source_id == "1@x");
  BOOST_TEST(items[4].source_id == "2@x");
}

BOOST_AUTO_TEST_CASE(a_truncated_mbox_ends_in_poison_that_does_not_hide_the_whole_message) {
  for (const char* cut : {"Subj", "Subject: cut o", "Subject: cut\n of"}) {
    FileFolder folder;
    folder.write("a.mbox",
                 envelope + message("1@x") + "\n" + envelope + "From: a@b\nMessage-ID: <2@x>\n" + cut);
    const auto items = read_all(folder.source());
    BOOST_REQUIRE_EQUAL(items.size(), 2u);
    BOOST_TEST((items[1].state == RawEventState::poison));
    BOOST_TEST(items[1].source_id.starts_with("sha256:"));
    BOOST_TEST(items[1].reason.starts_with("truncated: "));
    BOOST_TEST(items[1].reason.find("at byte ") != std::string::npos);
    BOOST_TEST(items[1].payload.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_maildir_tells_flags_and_folder) {
  FileFolder folder;
  folder.write("Maildir/cur/1:2,RS", message("1@x"));
  folder.write("Maildir/new/2", message("2@x"));
  folder.write("Maildir/.Gesendet/cur/3:2,S", message("3@x"));
  folder.write("Maildir/.Gesendet/new/4", "");
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 4u);
  BOOST_TEST(items[0].origin.text.find(R"("folder":"INBOX","flags":["replied","seen"])") !=
             std::string::npos);
  BOOST_TEST(items[1].source_id == "2@x");
  BOOST_TEST(items[2].origin.text.find(R"("folder":"Gesendet")") != std::string::npos);
  BOOST_TEST((items[3].state == RawEventState::poison));
  BOOST_TEST(items[3].reason.starts_with("empty: "));
}

BOOST_AUTO_TEST_CASE(a_message_that_vanishes_is_poison_and_the_rest_is_read) {
  for (const std::string& kind : {std::string("Maildir/cur"), std::string("letters")}) {
    FileFolder folder;
    std::filesystem::create_directories(folder.file("Maildir/new"));
    folder.write(kind + "/1.eml", message("1@x"));
    folder.write(kind + "/2.eml", message("2@x"));
    folder.write(kind + "/3.eml", message("3@x"));
    const auto source = open_source(folder.source());
    PlanFile scope;
    for (const PlanFile& file : inventory(folder.source())) {
      if (file.format != "ignored") scope = file;
    }
    auto reader = source->read(scope, "");
    BOOST_REQUIRE(reader);
    std::filesystem::remove(folder.file(kind + "/2.eml"));
    sync::SourceItem item;
    BOOST_REQUIRE(*(*reader)->next(item));
    BOOST_REQUIRE(*(*reader)->next(item));
    BOOST_TEST((item.state == RawEventState::poison));
    BOOST_TEST(item.reason.starts_with("unreadable: "));
    BOOST_TEST(item.reason.find("2.eml") != std::string::npos);
    BOOST_TEST(item.next == folder.file(kind + "/2.eml"));
    BOOST_REQUIRE(*(*reader)->next(item));
    BOOST_TEST(item.source_id == "3@x");
    BOOST_TEST(!*(*reader)->next(item));
  }
}

BOOST_AUTO_TEST_CASE(an_emlx_is_the_message_in_it) {
  FileFolder folder;
  const std::string text = message("1@x");
  folder.write("INBOX.mbox/Messages/1.emlx",
               std::to_string(text.size()) + "       \n" + text + "<?xml version=\"1.0\"?><plist/>\n");
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 1u);
  BOOST_TEST(items[0].payload == text);
  BOOST_TEST(items[0].origin.text.find(R"("folder":"INBOX")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_same_message_in_two_files_is_one_item) {
  FileFolder folder;
  folder.write("a.mbox", envelope + message("1@x"));
  folder.write("b/1.eml", message("1@x"));
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 2u);
  BOOST_TEST(items[0].source_id == items[1].source_id);
  BOOST_TEST(items[0].payload == items[1].payload);
}

BOOST_AUTO_TEST_CASE(nul_bytes_pass_as_they_are) {
  FileFolder folder;
  const std::string text = message("1@x", std::string("a\0b\n", 4));
  folder.write("a.mbox", envelope + text);
  const auto items = read_all(folder.source());
  BOOST_REQUIRE_EQUAL(items.size(), 1u);
  BOOST_TEST(items[0].payload == text);
}

BOOST_AUTO_TEST_CASE(every_position_of_mail_resumes) {
  FileFolder folder;
  std::string mbox;
  int number = 0;
  for (const std::string& text : mail_fixtures()) {
    mbox += envelope + text + "\n";
    folder.write("Maildir/cur/" + std::to_string(100 + number) + ":2,S", text);
    folder.write("letters/" + std::to_string(200 + number++) + ".eml", text);
  }
  folder.write("Maildir/new/1", message("new@x"));
  folder.write("letters/notes.txt", "no message");
  folder.write("one/1.eml", message("one@x"));
  folder.write("all.mbox", mbox);
  check_resumes(folder.source());
}

BOOST_AUTO_TEST_CASE(a_bad_position_is_refused) {
  FileFolder folder;
  folder.write("all.mbox", envelope + message("1@x"));
  const auto files = inventory(folder.source());
  BOOST_TEST(!open_source(folder.source())->read(files[0], "x").has_value());
  auto reader = open_source(folder.source())->read(files[0], "7");
  BOOST_REQUIRE(reader);
  sync::SourceItem item;
  BOOST_TEST(!(*reader)->next(item).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
