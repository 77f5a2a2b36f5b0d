#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <stop_token>
#include <string>

#include "file_items.hpp"
#include "providers/files/file_format.hpp"

using namespace omnicrm;
using namespace omnicrm::testing;
namespace fs = std::filesystem;

namespace {

const std::string card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n";
const std::string calendar =
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const std::string message = "From: ada@example.org\nSubject: hello\nMessage-ID: <1@example.org>\n\nHello\n";
const std::string mbox = "From ada@example.org Thu Aug 22 12:36:23 2002\n" + message;

/// "path-below-the-folder format" of each entry.
std::string listing(const FileFolder& folder, const std::vector<PlanFile>& files) {
  std::string out;
  const std::size_t skip = folder.path().string().size();
  for (const PlanFile& file : files) out += file.path.substr(skip) + ' ' + file.format + '\n';
  return out;
}

const PlanFile& entry(const std::vector<PlanFile>& files, std::string_view ending) {
  for (const PlanFile& file : files) {
    if (file.path.ends_with(ending)) return file;
  }
  throw std::runtime_error("no entry " + std::string(ending));
}

/// Runs `check` as a user without rights; true if it says so.
bool as_nobody(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    const bool dropped = ::getuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0);
    ::_exit(dropped && check() ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE_EQUAL(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_inventory_suite)

BOOST_AUTO_TEST_CASE(contents_come_before_names) {
  using files::detect_format;
  const auto format = [](std::string_view name, std::string_view head) {
    return detect_format(name, head).format;
  };
  BOOST_TEST(format("people.txt", card) == "vcf");
  BOOST_TEST(format("plan.dat", "\xEF\xBB\xBF" + calendar) == "ics");
  BOOST_TEST(format("Inbox", mbox) == "mbox");
  BOOST_TEST(format("letter.eml", mbox) == "mbox");
  BOOST_TEST(format("00001.7c53336b37003a9286aba55d2945844c", message) == "eml");
  BOOST_TEST(format("1.emlx", "81\n" + message) == "eml");
  BOOST_TEST(format("x.csv", "Name,E-mail\nAda,ada@example.org\n") == "csv");
  BOOST_TEST(format("notes.txt", "Title: x\n\nbody") == "ignored");
  BOOST_TEST(format("notes.txt", "From here on: nothing\nelse\n") == "ignored");
  BOOST_TEST(format("x.csv", std::string_view("a\0b,c", 5)) == "ignored");
  BOOST_TEST(detect_format("all.mbox", "PK\x03\x04zip").note ==
             "an archive (zip): unpack it and name the folder");
  BOOST_TEST(detect_format("takeout.tgz", "\x1f\x8b\x08").note ==
             "an archive (gzip): unpack it and name the folder");
  BOOST_TEST(detect_format("Sent.mbox", "no mailbox").note.find("\"From \"") != std::string::npos);
  BOOST_TEST(detect_format("empty", "").note == "empty");
}

BOOST_AUTO_TEST_CASE(folders_are_called_as_people_call_them) {
  BOOST_TEST(files::folder_label("/x/Sent.mbox") == "Sent");
  BOOST_TEST(files::folder_label("/x/INBOX.mbox/mbox") == "INBOX");
  BOOST_TEST(files::folder_label("/x/Maildir") == "INBOX");
  BOOST_TEST(files::folder_label("/x/Maildir/.Archive.2002") == "Archive/2002");
  BOOST_TEST(files::folder_label("/x/Drafts.mbox/1A/Data/Messages") == "Drafts");
}

BOOST_AUTO_TEST_CASE(cards_and_tables_of_a_takeout_are_found_in_order) {
  FileFolder folder;
  folder.write("Takeout/Contacts/All Contacts/All Contacts.vcf", card);
  folder.write("Takeout/Contacts/people.csv", "First Name,Last Name,Email\nAda,Lovelace,ada@example.org\n");
  folder.write("Takeout/Photos/1.jpg", "\xff\xd8\xff");
  folder.write("Takeout/.hidden.vcf", card);
  folder.write("Takeout/.git/HEAD", "ref");
  folder.write("Takeout/archive_browser.html", "<html>");
  const auto files = inventory(folder.source("Takeout/"));
  BOOST_TEST(listing(folder, files) ==
             "/Takeout/Contacts/All Contacts/All Contacts.vcf vcf\n"
             "/Takeout/Contacts/people.csv csv\n"
             "/Takeout/Photos/1.jpg ignored\n"
             "/Takeout/archive_browser.html ignored\n");
  BOOST_TEST(files[0].bytes == static_cast<std::int64_t>(card.size()));
  BOOST_TEST(files[1].mapping.text ==
             R"({"First Name":"given_name","Last Name":"family_name","Email":"email"})");
  BOOST_TEST(!files[1].note.empty());
}

BOOST_AUTO_TEST_CASE(presets_are_named) {
  FileFolder folder;
  for (const char* name : {"google", "hubspot", "linkedin", "outlook"}) {
    folder.write(std::string(name) + ".csv", fixture("tables/" + std::string(name) + ".csv"));
  }
  for (const PlanFile& file : inventory(folder.source())) {
    BOOST_TEST(file.format == "csv");
    BOOST_TEST(file.note == fs::path(file.path).stem().string());
  }
}

BOOST_AUTO_TEST_CASE(a_table_without_people_is_ignored_unless_its_columns_are_mapped) {
  FileFolder folder;
  folder.write("t.csv", "colour,weight\nred,3\nblue,4\n");
  BOOST_TEST(inventory(folder.source())[0].format == "ignored");
  SyncSource source = folder.source();
  source.column_mapping = Json{R"({"colour":"display_name","other table":"email"})"};
  const auto files = inventory(source);
  BOOST_TEST(files[0].format == "csv");
  BOOST_TEST(files[0].mapping.text.find(R"("colour":"display_name")") != std::string::npos);
  source.column_mapping = Json{R"({"colour":"hue"})"};
  const auto refused = files::files_source(source);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message == "source.column_mapping: 'colour': there is no field 'hue'");
}

BOOST_AUTO_TEST_CASE(links_are_safe) {
  FileFolder folder;
  folder.write("a/card.vcf", card);
  fs::create_directory_symlink(folder.path(), folder.file("a/loop"));
  fs::create_symlink("nowhere", folder.file("a/dangling"));
  fs::create_symlink("card.vcf", folder.file("a/linked.vcf"));
  const auto files = inventory(folder.source());
  BOOST_TEST(listing(folder, files) ==
             "/a/card.vcf vcf\n/a/dangling ignored\n/a/linked.vcf vcf\n/a/loop ignored\n");
  BOOST_TEST(entry(files, "loop").note == "a link to a folder: name that folder to read it");
}

BOOST_AUTO_TEST_CASE(paths_are_made_absolute_and_read_once) {
  FileFolder folder;
  folder.write("card.vcf", card);
  SyncSource source;
  source.paths = {folder.path().string() + "/x/../card.vcf", folder.file("card.vcf"), folder.path().string()};
  const auto files = inventory(source);
  BOOST_REQUIRE_EQUAL(files.size(), 1u);
  BOOST_TEST(files[0].path == folder.file("card.vcf"));
}

BOOST_AUTO_TEST_CASE(many_other_files_are_counted) {
  FileFolder folder;
  for (int i = 0; i < 130; ++i) folder.write(std::to_string(1000 + i) + ".jpg", "x");
  const auto files = inventory(folder.source());
  BOOST_REQUIRE_EQUAL(files.size(), 101u);
  BOOST_TEST(entry(files, "/*").note == "and 30 more files that are not read here");
}

BOOST_AUTO_TEST_CASE(wrong_paths_are_errors) {
  FileFolder folder;
  const auto missing = open_source(folder.source("nothing"))->inventory({});
  BOOST_REQUIRE(!missing);
  BOOST_TEST(static_cast<int>(missing.error().code) == static_cast<int>(ErrorCode::not_found));
  BOOST_TEST(missing.error().message.find(folder.file("nothing")) != std::string::npos);
  BOOST_TEST(!files::files_source(SyncSource{}).has_value());
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = open_source(folder.source())->inventory(stop.get_token());
  BOOST_REQUIRE(!stopped);
  BOOST_TEST(static_cast<int>(stopped.error().code) == static_cast<int>(ErrorCode::cancelled));
}

BOOST_AUTO_TEST_CASE(without_permission_a_named_path_fails_and_others_are_noted) {
  FileFolder folder;
  fs::permissions(folder.path(), fs::perms(0755));
  folder.write("open/card.vcf", card);
  folder.write("open/closed/card.vcf", card);
  folder.write("open/secret.vcf", card);
  fs::permissions(folder.file("open"), fs::perms(0755));
  fs::permissions(folder.file("open/closed"), fs::perms(0700));
  fs::permissions(folder.file("open/secret.vcf"), fs::perms(0600));
  BOOST_TEST(as_nobody([&] {
    const auto files = open_source(folder.source("open"))->inventory({});
    if (!files || files->size() != 3) return false;
    return (*files)[0].format == "vcf" && (*files)[1].format == "ignored" &&
           (*files)[1].note.starts_with("no permission: ") && (*files)[2].note.starts_with("no permission: ");
  }));
  for (const char* name : {"open/closed", "open/secret.vcf"}) {
    BOOST_TEST(as_nobody([&] {
      const auto files = open_source(folder.source(name))->inventory({});
      return !files && files.error().code == ErrorCode::permission_denied && files.error().needs_user;
    }));
  }
}

#if OMNICRM_HAVE_GMIME
BOOST_AUTO_TEST_CASE(mail_is_found_in_all_its_forms) {
  FileFolder folder;
  folder.write("Takeout/Mail/All mail.mbox", mbox);
  folder.write("Maildir/cur/1:2,S", message);
  folder.write("Maildir/new/2", message);
  folder.write("Maildir/tmp/3", message);
  folder.write("Maildir/.Sent/cur/4:2,S", message);
  folder.write("Maildir/.Sent/new/.keep", "");
  folder.write("letters/a.eml", message);
  folder.write("letters/00001.7c53336b37003a9286aba55d2945844c", message);
  folder.write("letters/Trash", mbox);
  folder.write("letters/one/b.eml", message);
  const auto files = inventory(folder.source());
  BOOST_TEST(listing(folder, files) ==
             "/Maildir maildir\n/Maildir/.Sent maildir\n/Takeout/Mail/All mail.mbox mbox\n/letters eml\n"
             "/letters/Trash mbox\n/letters/one/b.eml eml\n");
  BOOST_TEST(entry(files, "/Maildir").bytes == static_cast<std::int64_t>(2 * message.size()));
  BOOST_TEST(entry(files, "/letters").bytes == static_cast<std::int64_t>(2 * message.size()));
}
#endif

#if OMNICRM_HAVE_ICAL
BOOST_AUTO_TEST_CASE(calendars_are_found) {
  FileFolder folder;
  folder.write("a.ics", calendar);
  folder.write("b.ics", "no calendar");
  BOOST_TEST(listing(folder, inventory(folder.source())) == "/a.ics ics\n/b.ics ignored\n");
}
#endif

BOOST_AUTO_TEST_SUITE_END()
