#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "providers/files/mail_separator.hpp"
#include "providers/files/mailbox_reader.hpp"

using namespace omnicrm;
using namespace omnicrm::files;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for each test, gone after it.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("omnicrm_mailbox_" + std::to_string(::getpid()) + "_" +
                                               boost::unit_test::framework::current_test_case().p_name.get());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }

  std::string write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << bytes;
    return (path / name).string();
  }
};

std::vector<MailboxItem> read_all(Result<std::unique_ptr<MailboxReader>> reader) {
  BOOST_REQUIRE_MESSAGE(reader.has_value(), (reader ? "" : reader.error().message));
  std::vector<MailboxItem> items;
  MailboxItem item;
  while (true) {
    const Result<bool> more = (*reader)->next(item);
    BOOST_REQUIRE_MESSAGE(more.has_value(), (more ? "" : more.error().message));
    if (!*more) return items;
    items.push_back(item);
  }
}

const std::string kFrom = "From jane@example.org Thu Aug 22 12:36:23 2002";

std::string message(const std::string& subject, const std::string& body, const std::string& end = "\n") {
  return kFrom + end + "Subject: " + subject + end + end + body + end;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mailbox_reader_suite)

BOOST_AUTO_TEST_CASE(separators_are_told_from_sentences) {
  for (const char* line :
       {"From jane@example.org Thu Aug 22 12:36:23 2002", "From - Thu Aug 22 12:36:23 2002",
        "From MAILER-DAEMON  Thu Aug  2 12:36 2002", "From a Thu Aug 22 12:36:23 EDT 2002",
        "From 123@xxx Thu Aug 22 12:36:23 +0000 2002", "From a@b Thu, 22 Aug 2002 12:36:23 +0100",
        "From ???@??? Thu Aug 22 12:36:23 2002", "From \"jane doe\"@x Thu Aug 22 12:36:23 2002",
        "From Thu Aug 22 12:36:23 2002"})
    BOOST_TEST_CONTEXT(line) BOOST_TEST(is_mbox_separator(line, "anything"));
  BOOST_TEST(is_mbox_separator("From jane@example.org", "Received: x"));
  BOOST_TEST(!is_mbox_separator("From jane@example.org", "no header"));
  for (const char* line :
       {"From what I hear:", "From Monday on we meet", "From Thu Aug 22 on", "From: jane@x", "from jane"})
    BOOST_TEST_CONTEXT(line) BOOST_TEST(!is_mbox_separator(line, "Note: this"));
}

BOOST_AUTO_TEST_CASE(an_mbox_is_cut_at_its_separators_only) {
  const Folder folder;
  const std::string first =
      message("one",
              "text\nFrom jane@example.org Thu Aug 22 12:36:23 2002 is in the text\n\n"
              "From now on: this is text\nNote: too\n>From quoted\n>>From twice\n> From kept\n>Fr");
  const std::string second = message("two", "");
  const std::string path =
      folder.write("m.mbox", "\n" + first + "\n" + second + "\n\n\n" + message("three", "last"));
  const auto items = read_all(MailboxReader::open_mbox(path));
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST(items[0].bytes ==
             "Subject: one\n\ntext\nFrom jane@example.org Thu Aug 22 12:36:23 2002 is in the text\n\n"
             "From now on: this is text\nNote: too\nFrom quoted\n>From twice\n> From kept\n>Fr\n");
  BOOST_TEST(items[0].position == 1u);
  BOOST_TEST(items[0].next == 1 + first.size() + 1);
  BOOST_TEST(items[0].size == first.size() - kFrom.size() - 1);
  BOOST_TEST(items[0].envelope_date_line == "jane@example.org Thu Aug 22 12:36:23 2002");
  BOOST_TEST(items[0].path == path);
  BOOST_TEST(items[1].bytes.starts_with("Subject: two\n"));
  BOOST_TEST(items[2].bytes == "Subject: three\n\nlast\n");
  BOOST_TEST(items[2].next == fs::file_size(path));
  BOOST_TEST((!items[0].truncated && !items[2].truncated && !items[2].too_large));
}

BOOST_AUTO_TEST_CASE(reading_resumes_at_every_message) {
  const Folder folder;
  std::string mbox;
  for (int i = 0; i < 20; ++i)
    mbox += message(std::to_string(i), std::string(static_cast<std::size_t>(i) * 37, 'x')) + "\n";
  const std::string path = folder.write("m.mbox", mbox);
  const auto all = read_all(MailboxReader::open_mbox(path));
  BOOST_REQUIRE_EQUAL(all.size(), 20u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto rest = read_all(MailboxReader::open_mbox(path, all[i].next));
    BOOST_REQUIRE_EQUAL(rest.size(), all.size() - i - 1);
    if (!rest.empty()) BOOST_TEST(rest[0].bytes == all[i + 1].bytes);
  }
  MailboxItem item;
  auto elsewhere = MailboxReader::open_mbox(path, 3);
  BOOST_REQUIRE(elsewhere.has_value());
  const auto wrong = (*elsewhere)->next(item);
  BOOST_REQUIRE(!wrong);
  BOOST_TEST((wrong.error().code == ErrorCode::failed_precondition));
  BOOST_TEST(wrong.error().message.find(path) != std::string::npos);
  BOOST_TEST(!MailboxReader::open_mbox(path, mbox.size() + 1).has_value());
}

// Whatever falls on the edge of the buffer must not matter.
BOOST_AUTO_TEST_CASE(the_edge_of_the_buffer_is_nowhere_special) {
  const Folder folder;
  for (const std::string end : {"\n", "\r\n"}) {
    for (std::size_t shift = 0; shift < 80; ++shift) {
      std::string first = kFrom + end + "Subject: a" + end + end + std::string(4000 + shift, 'x') + end +
                          std::string(4000, 'y') + end + ">From q" + end;
      const std::string path =
          folder.write("m.mbox", first + end + message("two", "b", end) + end + message("three", "c", end));
      const auto items = read_all(MailboxReader::open_mbox(path, 0, {.buffer_bytes = 8192}));
      BOOST_REQUIRE_EQUAL(items.size(), 3u);
      BOOST_REQUIRE_EQUAL(items[1].position, first.size() + end.size());
      BOOST_TEST(items[0].bytes.ends_with("y" + end + "From q" + end));
      BOOST_TEST(items[0].size == first.size() - kFrom.size() - end.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_message_over_the_limit_is_named_but_not_held) {
  const Folder folder;
  const std::string big = message("big", std::string(3u << 20, 'x'));
  const std::string path = folder.write("m.mbox", message("a", "b") + "\n" + big + "\n" + message("c", "d"));
  const auto items = read_all(MailboxReader::open_mbox(path, 0, {.max_message_bytes = 1u << 20}));
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST((!items[0].too_large && items[1].too_large && !items[2].too_large));
  BOOST_TEST(items[1].bytes.empty());
  BOOST_TEST(items[1].size == big.size() - kFrom.size() - 1);
  BOOST_TEST(items[1].position == items[0].next);
  BOOST_TEST(items[2].bytes == "Subject: c\n\nd\n");
  const auto file =
      read_all(MailboxReader::open_eml(folder.write("big.eml", big), {.max_message_bytes = 1u << 20}));
  BOOST_REQUIRE_EQUAL(file.size(), 1u);
  BOOST_TEST((file[0].too_large && file[0].bytes.empty() && file[0].size == big.size()));
}

BOOST_AUTO_TEST_CASE(only_a_message_cut_inside_its_header_is_called_truncated) {
  const Folder folder;
  const auto last_truncated = [&](const std::string& tail) {
    return read_all(MailboxReader::open_mbox(folder.write("m.mbox", message("a", "b") + "\n" + tail)))
        .back()
        .truncated;
  };
  BOOST_TEST(last_truncated(kFrom + "\nSubject: cut in the hea"));
  BOOST_TEST(!last_truncated(kFrom + "\nSubject: whole\n"));
  BOOST_TEST(!last_truncated(kFrom + "\nSubject: whole\n\nbody without line end"));
}

BOOST_AUTO_TEST_CASE(what_is_no_mailbox_is_refused_with_place_and_reason) {
  const Folder folder;
  MailboxItem item;
  auto reader = MailboxReader::open_mbox(folder.write("text.mbox", "\nhello\n"));
  BOOST_REQUIRE(reader.has_value());
  const auto refused = (*reader)->next(item);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::invalid_argument));
  BOOST_TEST(refused.error().message.find("text.mbox") != std::string::npos);
  BOOST_TEST(refused.error().message.find("byte 1") != std::string::npos);
  BOOST_TEST(read_all(MailboxReader::open_mbox(folder.write("empty.mbox", ""))).empty());
  const auto directory = MailboxReader::open_mbox(folder.path.string());
  BOOST_REQUIRE(!directory);
  const auto missing = MailboxReader::open_mbox((folder.path / "none").string());
  BOOST_REQUIRE(!missing);
  BOOST_TEST((missing.error().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_CASE(a_file_that_shrinks_is_an_error_and_not_an_end) {
  const Folder folder;
  std::string mbox;
  for (int i = 0; i < 100; ++i) mbox += message("x", std::string(1000, 'x')) + "\n";
  const std::string path = folder.write("m.mbox", mbox);
  auto reader = MailboxReader::open_mbox(path, 0, {.buffer_bytes = 8192});
  BOOST_REQUIRE(reader.has_value());
  MailboxItem item;
  BOOST_REQUIRE((*reader)->next(item).value_or(false));
  fs::resize_file(path, mbox.size() / 2);
  Result<bool> more = true;
  while (more && *more) more = (*reader)->next(item);
  BOOST_REQUIRE(!more);
  BOOST_TEST((more.error().code == ErrorCode::unavailable));
  BOOST_TEST(more.error().message.find(path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_maildir_gives_its_messages_and_flags) {
  const Folder folder;
  folder.write("cur/1.a:2,FRS", "Subject: one\n\nx\n");
  folder.write("cur/2.b:2,", "Subject: two\n\nx\n");
  folder.write("new/3.c", "Subject: three\n\nx\n");
  folder.write("tmp/4.d", "Subject: four\n\nx\n");
  folder.write("cur/.hidden", "no");
  const auto items = read_all(MailboxReader::open_maildir(folder.path.string()));
  BOOST_REQUIRE_EQUAL(items.size(), 3u);
  BOOST_TEST(items[0].flags == (std::vector<std::string>{"flagged", "replied", "seen"}),
             boost::test_tools::per_element());
  BOOST_TEST(items[1].flags.empty());
  BOOST_TEST(items[2].bytes == "Subject: three\n\nx\n");
  BOOST_TEST(items[2].size == items[2].bytes.size());
  const auto rest = read_all(MailboxReader::open_maildir(folder.path.string(), items[0].path));
  BOOST_REQUIRE_EQUAL(rest.size(), 2u);
  BOOST_TEST(rest[0].path == items[1].path);
}

BOOST_AUTO_TEST_CASE(a_file_that_vanishes_is_named_and_the_rest_goes_on) {
  const Folder folder;
  folder.write("a.eml", "Subject: a\n\n");
  folder.write("sub/b.EML", "Subject: b\n\n");
  folder.write("c.txt", "Subject: c\n\n");
  auto reader = MailboxReader::open_eml_folder(folder.path.string());
  BOOST_REQUIRE(reader.has_value());
  fs::remove(folder.path / "a.eml");
  MailboxItem item;
  const auto gone = (*reader)->next(item);
  BOOST_REQUIRE(!gone);
  BOOST_TEST((gone.error().code == ErrorCode::not_found));
  BOOST_TEST(gone.error().message.find("a.eml") != std::string::npos);
  BOOST_TEST((*reader)->next(item).value_or(false));
  BOOST_TEST(item.bytes == "Subject: b\n\n");
  BOOST_TEST(!(*reader)->next(item).value_or(true));
  BOOST_TEST(!MailboxReader::open_maildir(folder.path.string()).has_value());
  BOOST_TEST(!MailboxReader::open_eml((folder.path / "a.eml").string()).has_value());
}

BOOST_AUTO_TEST_CASE(a_directory_without_permission_is_an_error) {
  const Folder folder;
  folder.write("locked/a.eml", "Subject: a\n\n");
  fs::permissions(folder.path / "locked", fs::perms::none);
  // Nothing is forbidden to root, so root becomes nobody for the call.
  const bool is_root = ::geteuid() == 0;
  if (is_root) BOOST_REQUIRE_EQUAL(::seteuid(65534), 0);
  const auto reader = MailboxReader::open_eml_folder(folder.path.string());
  if (is_root) BOOST_REQUIRE_EQUAL(::seteuid(0), 0);
  fs::permissions(folder.path / "locked", fs::perms::owner_all);
  BOOST_REQUIRE(!reader);
  BOOST_TEST((reader.error().code == ErrorCode::permission_denied));
  BOOST_TEST(reader.error().message.find("locked") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
